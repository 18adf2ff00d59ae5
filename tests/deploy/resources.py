"""The resources of a stack, as CloudFormation was asked for them, without names and ids that are drawn by chance."""

import json
import re

import services

# What lies in the bucket that sam uploads to goes by its content, whose hash is its name.
PLACES = {
    "Architectures": "<of this machine>",
    "Code": "<package>",
    "DefinitionS3Location": "<definition>",
    "TemplateURL": "<template>",
}
# A resource with one of these is called what the template calls it; all others are named by CloudFormation.
NAMES = ("DashboardName", "FunctionName", "RoleName", "StackSetName", "StateMachineName")
# What tells the things in a list apart, such as the statements of a policy.
NAMES_IN_LISTS = ("Sid", "PolicyName", "ParameterKey", "Id")


class Resource:
    """One resource of a stack."""

    def __init__(self, place, logical_id, kind, physical_id, properties):
        self.place = place
        self.logical_id = logical_id
        self.kind = kind
        self.physical_id = physical_id
        self.properties = properties


def of_stack(place, stack):
    """Every resource of a stack and of those nested in it, by its logical id, below that of the nested stack."""
    events = place.of_home("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    found = {}
    for event in (event for page in events for event in page["StackEvents"]):
        if "ResourceProperties" not in event or event["PhysicalResourceId"] == event["StackId"]:
            continue
        resource = Resource(
            place,
            event["LogicalResourceId"],
            event["ResourceType"],
            event["PhysicalResourceId"],
            json.loads(event["ResourceProperties"]),
        )
        found[resource.logical_id] = resource
        if resource.kind == "AWS::CloudFormation::Stack":
            nested = of_stack(place, resource.physical_id)
            found.update({f"{resource.logical_id}/{name}": one for name, one in nested.items()})
    return dict(sorted(found.items()))


def comparable(resources, stack, account):
    """Type and properties of every resource, the same whenever and under whatever name the stack is deployed."""
    normal = Normal(resources, stack, account)
    return {
        logical_id: {"Type": one.kind, "Properties": normal.properties(one.properties)}
        for logical_id, one in resources.items()
    }


def service_differences(resources, stack, account):
    """Where a service has something else than CloudFormation was asked for."""
    normal = Normal(resources, stack, account)
    found = []
    for logical_id, one in resources.items():
        actual = {name: value for name, value in services.of(one).items() if value is not None}
        asked = {name: one.properties[name] for name in actual if name in one.properties}
        found += _differences(normal.properties(asked), normal.properties(actual), logical_id)
    return found + list(services.policies_of_roles(resources))


class Normal:
    """Takes out of properties what is another thing in each deployment."""

    def __init__(self, resources, stack, account):
        names = _drawn_names(resources)
        self.names = {**names, account: "account"}
        alternatives = sorted(map(re.escape, self.names), key=len, reverse=True)
        # A stack's name may be a word of its own too: it counts where one of these follows.
        behind = "-account-metadata|-credential-report|-member-roles|/| alarms"
        self.pattern = re.compile("|".join([*alternatives, rf"\b(?P<stack>{re.escape(stack)})(?={behind})"]))

    def properties(self, value):
        """Properties, or a part of them; CloudFormation gives numbers and booleans to resources as text too."""
        if isinstance(value, dict):
            return {key: PLACES.get(key) or self.properties(self._parsed(key, value[key])) for key in sorted(value)}
        if isinstance(value, list):
            return [self.properties(one) for one in value]
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return self.pattern.sub(lambda match: f"<{'stack' if match['stack'] else self.names[match[0]]}>", text)

    @staticmethod
    def _parsed(key, value):
        return json.loads(value) if key == "DashboardBody" else value


def _drawn_names(resources):
    """Names that CloudFormation drew, each with the logical id of its resource."""
    names = {}
    for logical_id, one in resources.items():
        if not any(name in one.properties for name in NAMES) and one.kind != "AWS::Lambda::EventInvokeConfig":
            names[one.physical_id] = logical_id
            # A queue's URL ends with its name, a topic's ARN too.
            names[re.split(r"[/:]", one.physical_id)[-1]] = logical_id
    return names


def differences(expected, actual):
    """Where two descriptions part, each line with the path to it."""
    return list(_differences(expected, actual, ""))


def _differences(expected, actual, path):
    expected, actual = _by_name(expected), _by_name(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            yield from _differences(expected.get(key), actual.get(key), f"{path}.{key}" if path else key)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, pair in enumerate(zip(expected, actual)):
            yield from _differences(*pair, f"{path}[{number}]")
    elif expected != actual:
        yield f"{path}: {_short(expected)} -> {_short(actual)}"


def _by_name(value):
    """A list of things that have names, by these: another thing among them changes no place of the others."""
    for name in NAMES_IN_LISTS:
        if isinstance(value, list) and value and all(isinstance(one, dict) and name in one for one in value):
            return {one[name]: one for one in value}
    return value


def _short(value):
    """A value, or what kind of resource it is."""
    if value is None:
        return "nothing"
    if isinstance(value, dict) and set(value) == {"Type", "Properties"}:
        return value["Type"]
    return json.dumps(value, ensure_ascii=False)
