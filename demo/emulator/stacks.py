"""What AWS CloudFormation does of a stack and the emulator does not."""

import functools
import json
import re
from xml.sax.saxutils import escape

from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, lambda_svc, s3, scheduler
from ministack.services.cloudformation import changesets, engine, handlers, helpers, provisioners, stacks

COMPLETED_EVENT = re.compile(
    r"(<LogicalResourceId>([A-Za-z0-9]+)</LogicalResourceId>.*?"
    r"<ResourceStatus>(?:CREATE|UPDATE)_COMPLETE</ResourceStatus>)"
)
# What sam uploaded, by the address that it called.
UPLOADED = re.compile(r"http://(?:127\.0\.0\.1|localhost):[0-9]+/")


def fill():
    """Patches the emulator in this process, before it starts."""
    handlers._ACTION_HANDLERS["DescribeStackEvents"] = _events_with_properties
    handlers._ACTION_HANDLERS["GetTemplate"] = _template_with_addresses_of_s3
    for module in (changesets, engine, handlers, stacks):
        if hasattr(module, "_evaluate_conditions"):
            module._evaluate_conditions = _with_texts(module._evaluate_conditions)
    for kind, complete in {
        "AWS::IAM::Role": _role,
        "AWS::Lambda::Function": _function,
        "AWS::S3::Bucket": _bucket,
        "AWS::Scheduler::Schedule": _schedule,
    }.items():
        handler = provisioners._RESOURCE_HANDLERS[kind]
        handler["create"] = _completed(handler["create"], complete, 1)
        handler["update"] = _completed(handler["update"], complete, 2)
    provisioners._RESOURCE_HANDLERS["AWS::IAM::RolePolicy"] = {"create": _role_policy, "delete": _no_role_policy}
    alarm = provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]
    alarm["create"] = _with_expressions(alarm["create"])


def _completed(make, complete, place):
    """What makes a resource, or another one of it, with the properties at that place of its arguments."""

    @functools.wraps(make)
    def completed(*arguments, **named):
        name, attributes = make(*arguments, **named)
        complete(name, arguments[place])
        return name, attributes

    return completed


def _with_texts(evaluate):
    """Conditions may compare what Fn::Join, Fn::Split and Fn::Sub make of parameters."""

    def value_of(name, params):
        return params[name]["Value"] if name in params else f"${{{name}}}"

    def made(value, params):
        if isinstance(value, list):
            return [made(one, params) for one in value]
        if not isinstance(value, dict):
            return value
        if "Fn::Sub" in value:
            return re.sub(r"\$\{([^}]+)\}", lambda match: str(value_of(match[1], params)), value["Fn::Sub"])
        if "Fn::Split" in value:
            separator, text = made(value["Fn::Split"], params)
            return text.split(separator)
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            parts = value_of(parts["Ref"], params) if isinstance(parts, dict) else parts
            # A list is one text with commas here.
            return separator.join(one.strip() for one in (parts.split(",") if isinstance(parts, str) else parts))
        return {key: made(one, params) for key, one in value.items()}

    def evaluated(template, params):
        return evaluate({**template, "Conditions": made(template.get("Conditions", {}), params)}, params)

    return evaluated


def _events_with_properties(params):
    """An event says which properties CloudFormation made the resource with, every intrinsic function resolved."""
    status, headers, body = handlers._describe_stack_events(params)
    stack = handlers._resolve_stack(helpers._p(params, "StackName"))
    if status != 200 or not stack:
        return status, headers, body
    resources = stack.get("_resources", {})

    def with_properties(match):
        properties = json.dumps(resources.get(match[2], {}).get("Properties", {}), separators=(",", ":"))
        return f"{match[1]}<ResourceProperties>{escape(properties)}</ResourceProperties>"

    text = body.decode() if isinstance(body, bytes) else body
    # One event at a time, so that no event takes the status of the one behind it.
    members = [COMPLETED_EVENT.sub(with_properties, one) for one in text.split("</member>")]
    text = "</member>".join(members)
    return status, headers, text.encode() if isinstance(body, bytes) else text


def _template_with_addresses_of_s3(params):
    """Nested templates lie where S3 is: `sam delete` removes them there, and knows S3 by its name."""
    status, headers, body = handlers._get_template(params)
    text = body.decode() if isinstance(body, bytes) else body
    text = UPLOADED.sub(f"https://s3.{get_region()}.amazonaws.com/", text)
    return status, headers, text.encode() if isinstance(body, bytes) else text


def _with_expressions(create):
    """Takes alarms on expressions, which the emulator refuses; it neither describes nor evaluates them."""

    @functools.wraps(create)
    def created(logical_id, properties, stack_name):
        if "Metrics" not in properties:
            return create(logical_id, properties, stack_name)
        name = properties.get("AlarmName") or provisioners._physical_name(stack_name, logical_id, max_len=255)
        return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}

    return created


def _role_policy(_logical_id, properties, _stack_name):
    """An inline policy of a role, as AWS::IAM::RolePolicy adds it."""
    role, name = properties["RoleName"], properties["PolicyName"]
    if role not in iam._roles:
        raise ValueError(f"The role with name {role} cannot be found.")
    iam._roles[role]["InlinePolicies"][name] = json.dumps(properties["PolicyDocument"])
    return f"{name}|{role}", {}


def _no_role_policy(_physical_id, properties):
    iam._roles.get(properties["RoleName"], {}).get("InlinePolicies", {}).pop(properties["PolicyName"], None)


def _role(name, properties):
    iam._roles[name]["PermissionsBoundary"] = properties.get("PermissionsBoundary")


def _function(name, properties):
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        lambda_svc._delete_function_concurrency(name)
    else:
        lambda_svc._put_function_concurrency(name, {"ReservedConcurrentExecutions": int(reserved)})


def _schedule(name, properties):
    schedule = scheduler._schedules[f"{properties.get('GroupName', 'default')}/{name}"]
    if properties.get("ScheduleExpressionTimezone"):
        schedule["ScheduleExpressionTimezone"] = properties["ScheduleExpressionTimezone"]


def _bucket(name, properties):
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    if rules:
        s3._put_bucket_encryption(name, _xml("ServerSideEncryptionConfiguration", *map(_encryption, rules)))
    controls = properties.get("OwnershipControls", {}).get("Rules", [])
    if controls:
        elements = [_element("Rule", _element("ObjectOwnership", one["ObjectOwnership"])) for one in controls]
        s3._put_bucket_ownership_controls(name, _xml("OwnershipControls", *elements))
    rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
    if rules:
        s3._put_bucket_lifecycle(name, _xml("LifecycleConfiguration", *map(_lifecycle, rules)))
    logging = properties.get("LoggingConfiguration", {})
    if logging.get("DestinationBucketName"):
        target = _element("TargetBucket", logging["DestinationBucketName"])
        prefix = _element("TargetPrefix", logging.get("LogFilePrefix", ""))
        s3._put_bucket_logging(name, _xml("BucketLoggingStatus", _element("LoggingEnabled", target, prefix)))


def _encryption(rule):
    default = rule["ServerSideEncryptionByDefault"]
    parts = [_element("SSEAlgorithm", default["SSEAlgorithm"])]
    if default.get("KMSMasterKeyID"):
        parts.append(_element("KMSMasterKeyID", default["KMSMasterKeyID"]))
    applied = _element("ApplyServerSideEncryptionByDefault", *parts)
    enabled = str(rule.get("BucketKeyEnabled", False)).lower()
    return _element("Rule", applied, _element("BucketKeyEnabled", enabled))


def _lifecycle(rule):
    parts = [_element("ID", rule["Id"]), _element("Filter", _element("Prefix", rule.get("Prefix", "")))]
    parts.append(_element("Status", rule["Status"]))
    if "ExpirationInDays" in rule:
        parts.append(_element("Expiration", _element("Days", rule["ExpirationInDays"])))
    if "NoncurrentVersionExpiration" in rule:
        days = _element("NoncurrentDays", rule["NoncurrentVersionExpiration"]["NoncurrentDays"])
        parts.append(_element("NoncurrentVersionExpiration", days))
    if "AbortIncompleteMultipartUpload" in rule:
        days = _element("DaysAfterInitiation", rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"])
        parts.append(_element("AbortIncompleteMultipartUpload", days))
    return _element("Rule", *parts)


def _element(name, *content):
    """An element with text, or with elements."""
    return f"<{name}>{''.join(one if str(one).startswith('<') else escape(str(one)) for one in content)}</{name}>"


def _xml(name, *content):
    return f'<{name} xmlns="{s3.S3_NS}">{"".join(content)}</{name}>'.encode()
