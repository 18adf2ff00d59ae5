"""Sample values for what a policy refers to: what it looks like, not what a stack has."""

from intrinsics import NO_VALUE, Intrinsics, NotResolved

ACCOUNT = "123456789012"
REGION = "eu-central-1"

PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "orgscan",
    "AWS::NoValue": NO_VALUE,
}

# Values of parameters that a policy takes apart or uses whole; another without a default stands for itself.
PARAMETERS = {
    "CallerRoleArns": [f"arn:aws:iam::{ACCOUNT}:role/orgscan-one", f"arn:aws:iam::{ACCOUNT}:role/orgscan-two"],
    "Exemptions": "s3://bucket/exemptions.json",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012",
    "OrganizationId": "o-exampleorgid",
    "OutputPrefix": "reports/",
}

# What `Ref` and `Arn` give, by the resource's type; its name is its logical id.
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}
REFERENCE_IS_ARN = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}


def conditions(value):
    """The names of the conditions that `Fn::If` asks for, anywhere in a value."""
    if isinstance(value, list):
        return set().union(*map(conditions, value))
    if not isinstance(value, dict):
        return set()
    own = {value["Fn::If"][0]} if "Fn::If" in value else set()
    return own.union(*map(conditions, value.values()))


class Samples(Intrinsics):
    """A template, where some conditions hold and others do not."""

    def __init__(self, template, truth):
        self.resources = template["Resources"]
        self.parameters = template.get("Parameters", {})
        self.truth = truth

    def holds(self, condition):
        return self.truth[condition]

    def reference(self, name):
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.parameters:
            default = self.parameters[name].get("Default", "")
            return PARAMETERS.get(name, name if default == "" else default)
        if self.resources[name]["Type"] in REFERENCE_IS_ARN:
            return self.attribute(name, "Arn")
        return name.lower() if self.resources[name]["Type"] == "AWS::S3::Bucket" else name

    def attribute(self, name, attribute):
        kind = self.resources[name]["Type"]
        if attribute in ("Arn", "TopicArn") and kind in ARNS:
            sample = name.lower() if kind == "AWS::S3::Bucket" else name
            return "arn:aws:" + ARNS[kind].format(region=REGION, account=ACCOUNT, name=sample)
        raise NotResolved(f"{name}.{attribute} is not known here")
