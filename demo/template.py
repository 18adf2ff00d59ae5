"""Reads functions, state machines and roles out of template.yaml and stacks/*.yaml.

So the demo runs under what is really deployed, but for what assumed_roles.py takes from some roles. Of CloudFormation's
intrinsic functions it resolves the few that stand there; what it cannot resolve is an error.
"""

import functools
import pathlib
import sys

import yaml

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from intrinsics import NO_VALUE, Intrinsics, NotResolved


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _intrinsic(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)


@functools.cache
def _read(path):
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


class Template(Intrinsics):
    """A template with values for its parameters and names for its resources."""

    def __init__(self, path, parameters, names, account, region, stack="orgscan"):
        self.body = _read(path)
        declared = self.body.get("Parameters", {})
        unknown = sorted(set(parameters) - set(declared))
        if unknown:
            raise NotResolved(f"the template has no parameter {', '.join(unknown)}")
        self.values = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
        self.values.update(parameters)
        self.values.update(names)
        self.values.update(
            {
                "AWS::AccountId": account,
                "AWS::Region": region,
                "AWS::Partition": "aws",
                "AWS::URLSuffix": "amazonaws.com",
                "AWS::StackName": stack,
                "AWS::NoValue": NO_VALUE,
            }
        )
        self.account = account
        self.region = region

    def function_id(self, binary):
        """The logical id of the function that a binary is built for."""
        for logical_id, resource in self.body["Resources"].items():
            if resource.get("Metadata", {}).get("BuildProperties", {}).get("Binary") == binary:
                return logical_id
        raise NotResolved(f"no function is built from {binary}")

    def function(self, logical_id):
        """The properties of a function, resolved; its own over those of Globals."""
        properties = {**self.body.get("Globals", {}).get("Function", {}), **self._resource(logical_id)["Properties"]}
        # What has to do with deployment only need not be resolvable here.
        wanted = ("FunctionName", "Runtime", "Handler", "Architectures", "Timeout", "MemorySize", "Environment")
        return self.resolve({name: properties[name] for name in wanted})

    def state_machine(self, logical_id):
        """The name of a state machine, and what its definition's placeholders stand for."""
        properties = self._resource(logical_id)["Properties"]
        return self.resolve({name: properties[name] for name in ("Name", "DefinitionSubstitutions")})

    def role(self, logical_id):
        """The role of a function or of a state machine, as `role_itself` has it."""
        reference = self._resource(logical_id)["Properties"]["Role"]
        if list(reference) != ["Fn::GetAtt"] or reference["Fn::GetAtt"][1] != "Arn":
            raise NotResolved(f"the role of {logical_id} is not the ARN of a role of the template")
        return self.role_itself(reference["Fn::GetAtt"][0])

    def role_itself(self, role_id):
        """A role: its name, its trust policy, and every policy by its name, resolved."""
        role = self._resource(role_id)["Properties"]
        policies = [*role.get("Policies", []), *self._policies_of(role_id)]
        return {
            # CloudFormation draws a name for one that has none.
            "name": self.resolve(role["RoleName"]) if "RoleName" in role else self.reference(role_id),
            "trust": self.resolve(role["AssumeRolePolicyDocument"]),
            "policies": {one["PolicyName"]: self.resolve(one["PolicyDocument"]) for one in policies},
        }

    def _policies_of(self, role_id):
        """The policies that are resources of their own, as far as their conditions hold."""
        reference = {"Ref": role_id}
        for resource in self.body["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::IAM::Policy":
                belongs = reference in properties.get("Roles", [])
            elif resource["Type"] == "AWS::IAM::RolePolicy":
                belongs = reference == properties["RoleName"]
            elif resource["Type"] == "AWS::IAM::ManagedPolicy":
                raise NotResolved(f"{resource['Type']} is not known here")
            else:
                continue
            if belongs and ("Condition" not in resource or self.holds(resource["Condition"])):
                yield properties

    def _resource(self, logical_id):
        return self.body["Resources"][logical_id]

    def reference(self, name):
        if name not in self.values and self.body["Resources"].get(name, {}).get("Type") == "AWS::Logs::LogGroup":
            return f"/aws/lambda/{name}"
        if name not in self.values:
            raise NotResolved(f"{name} has no value: it is neither a parameter with one nor a resource the demo makes")
        value = self.values[name]
        is_list = self.body.get("Parameters", {}).get(name, {}).get("Type") == "CommaDelimitedList"
        return value.split(",") if is_list else value

    def attribute(self, logical_id, attribute):
        kind = self.body["Resources"].get(logical_id, {}).get("Type")
        name = self.reference(logical_id)
        arns = {
            "AWS::S3::Bucket": f"arn:aws:s3:::{name}",
            "AWS::IAM::Role": f"arn:aws:iam::{self.account}:role/{name}",
            "AWS::Serverless::Function": f"arn:aws:lambda:{self.region}:{self.account}:function:{name}",
            "AWS::SQS::Queue": f"arn:aws:sqs:{self.region}:{self.account}:{name}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{self.region}:{self.account}:log-group:{name}:*",
        }
        if attribute != "Arn" or kind not in arns:
            raise NotResolved(f"{logical_id}.{attribute} is not known here")
        return arns[kind]

    def holds(self, condition):
        return self._is_true(self.body["Conditions"][condition])

    def _is_true(self, condition):
        (name, argument), *_ = condition.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Equals":
            first, second = self.resolve(argument)
            return str(first) == str(second)
        if name == "Fn::Not":
            return not self._is_true(argument[0])
        if name == "Fn::And":
            return all(map(self._is_true, argument))
        if name == "Fn::Or":
            return any(map(self._is_true, argument))
        raise NotResolved(f"{name} is not known here")
