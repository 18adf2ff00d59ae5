"""What the services say of a stack's resources, in the terms of CloudFormation, to compare with what was asked for.

The emulator keeps nothing of these, so that only expected.yaml and cfn-lint stand for them: point-in-time recovery of
tables, alarms on expressions, StackSets. Tags are left out.

Some properties it keeps only since demo/emulator/stacks.py puts them where its services have them. Comparing these
shows that the patch is right, and nothing of the template: of roles PermissionsBoundary, of functions
ReservedConcurrentExecutions, of schedules ScheduleExpressionTimezone, of buckets BucketEncryption, OwnershipControls,
LifecycleConfiguration and LoggingConfiguration.
"""

import json

ROLE, POLICY = "AWS::IAM::Role", "AWS::IAM::Policy"


def of(resource):
    """Properties of the resource as its service has them; none where the emulator has no such thing."""
    read = READERS.get(resource.kind)
    return read(resource.place, resource.physical_id, resource.properties) if read else {}


def policies_of_roles(described):
    """Where a role of a stack has other policies, by name, than the stack's resources give it, one line each."""
    roles = [one for one in described.values() if one.kind == ROLE]
    asked = {one.physical_id: {policy["PolicyName"] for policy in one.properties.get("Policies", [])} for one in roles}
    for one in described.values():
        if one.kind == POLICY:
            for role in one.properties["Roles"]:
                asked[role].add(one.properties["PolicyName"])
    for role, names in asked.items():
        client = roles[0].place.of_home("iam")
        attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        actual = {*client.list_role_policies(RoleName=role)["PolicyNames"], *(one["PolicyName"] for one in attached)}
        if actual != names:
            yield f"{role} has the policies {sorted(actual)}, not {sorted(names)}"


def _function(place, name, _asked):
    client = place.of_home("lambda")
    found = client.get_function_configuration(FunctionName=name)
    reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
    names = ("FunctionName", "Description", "Runtime", "Handler", "MemorySize", "Timeout", "Role", "Architectures")
    names += ("EphemeralStorage", "LoggingConfig", "Environment")
    return {**{name: found[name] for name in names}, "ReservedConcurrentExecutions": reserved}


def _asynchronous(place, _name, asked):
    found = place.of_home("lambda").get_function_event_invoke_config(
        FunctionName=asked["FunctionName"], Qualifier=asked["Qualifier"]
    )
    destinations = {name: one for name, one in found["DestinationConfig"].items() if one}
    names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds")
    return {**{name: found[name] for name in names}, "DestinationConfig": destinations}


def _role(place, name, asked):
    client = place.of_home("iam")
    found = client.get_role(RoleName=name)["Role"]
    names = client.list_role_policies(RoleName=name)["PolicyNames"]
    policies = [
        {"PolicyName": one["PolicyName"], "PolicyDocument": _policy(client, name, one["PolicyName"])}
        for one in asked.get("Policies", [])
        if one["PolicyName"] in names
    ]
    return {
        "Description": found["Description"],
        "AssumeRolePolicyDocument": found["AssumeRolePolicyDocument"],
        "PermissionsBoundary": found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "Policies": policies,
    }


def _policy_of_roles(place, _name, asked):
    client = place.of_home("iam")
    documents = [_policy(client, role, asked["PolicyName"]) for role in asked["Roles"]]
    return {"PolicyDocument": documents[0] if all(one == documents[0] for one in documents) else documents}


def _policy(client, role, name):
    return client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]


def _bucket(place, name, asked):
    client = place.of_home("s3")
    encryption = client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    lifecycle = client.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    logging = client.get_bucket_logging(Bucket=name).get("LoggingEnabled")
    found = {
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [_encryption(one) for one in encryption]},
        "LifecycleConfiguration": {"Rules": [_lifecycle(one) for one in lifecycle]},
        "OwnershipControls": client.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "PublicAccessBlockConfiguration": client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "VersioningConfiguration": {"Status": client.get_bucket_versioning(Bucket=name)["Status"]},
    }
    if logging:
        target = {"DestinationBucketName": logging["TargetBucket"], "LogFilePrefix": logging["TargetPrefix"]}
        found["LoggingConfiguration"] = target
    return found


def _encryption(rule):
    key = {"BucketKeyEnabled": True} if rule["BucketKeyEnabled"] else {}
    return {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"], **key}


def _lifecycle(rule):
    rule = {"Id" if name == "ID" else name: value for name, value in rule.items() if name not in ("Filter", "Prefix")}
    if "Expiration" in rule:
        rule["ExpirationInDays"] = rule.pop("Expiration")["Days"]
    return rule


def _bucket_policy(place, _name, asked):
    return {"PolicyDocument": json.loads(place.of_home("s3").get_bucket_policy(Bucket=asked["Bucket"])["Policy"])}


def _table(place, name, _asked):
    found = place.of_home("dynamodb").describe_table(TableName=name)["Table"]
    names = ("AttributeDefinitions", "KeySchema")
    return {**{name: found[name] for name in names}, "BillingMode": found["BillingModeSummary"]["BillingMode"]}


def _queue(place, url, _asked):
    found = place.of_home("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {name: found[name] for name in ("MessageRetentionPeriod", "SqsManagedSseEnabled")}


def _topic(place, arn, _asked):
    return {"DisplayName": place.of_home("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"]}


def _topic_policy(place, _name, asked):
    (arn,) = asked["Topics"]
    found = place.of_home("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return {"PolicyDocument": json.loads(found["Policy"])}


def _subscription(place, arn, asked):
    listed = place.of_home("sns").list_subscriptions_by_topic(TopicArn=asked["TopicArn"])["Subscriptions"]
    found = next(one for one in listed if one["SubscriptionArn"] == arn)
    return {name: found[name] for name in ("Protocol", "Endpoint", "TopicArn")}


def _log_group(place, name, _asked):
    groups = place.of_home("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return {"RetentionInDays": next(one["retentionInDays"] for one in groups if one["logGroupName"] == name)}


def _schedule(place, name, _asked):
    found = place.of_home("scheduler").get_schedule(Name=name)
    names = ("Description", "FlexibleTimeWindow", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target")
    return {name: found[name] for name in names}


def _state_machine(place, arn, _asked):
    found = place.of_home("stepfunctions").describe_state_machine(stateMachineArn=arn)
    # Nothing of the definition is left to be filled in.
    left = {"<not substituted>": True} if "${" in found["definition"] else {}
    return {"StateMachineName": found["name"], "StateMachineType": found["type"], "RoleArn": found["roleArn"], **left}


def _alarm(place, name, asked):
    if "Metrics" in asked:
        return {}
    (found,) = place.of_home("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    names = ("AlarmActions", "OKActions", "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic")
    names += ("Period", "EvaluationPeriods", "ComparisonOperator", "TreatMissingData")
    return {**{name: found[name] for name in names}, "Threshold": f"{found['Threshold']:g}"}


def _dashboard(place, name, _asked):
    return {"DashboardBody": place.of_home("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]}


READERS = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    POLICY: _policy_of_roles,
    ROLE: _role,
    "AWS::Lambda::EventInvokeConfig": _asynchronous,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
