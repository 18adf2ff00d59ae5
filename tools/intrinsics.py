"""CloudFormation's intrinsic functions, resolved to sample values: what a policy looks like, not what a stack has."""

import re

ACCOUNT = "123456789012"
REGION = "eu-central-1"
NO_VALUE = object()

PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "orgscan",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/orgscan/sample",
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
    "AWS::IAM::ManagedPolicy": "iam::{account}:policy/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
}
REFERENCE_IS_ARN = {"AWS::IAM::ManagedPolicy", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}


def conditions(value):
    """The names of the conditions that `Fn::If` asks for, anywhere in a value."""
    if isinstance(value, list):
        return set().union(*map(conditions, value))
    if not isinstance(value, dict):
        return set()
    own = {value["Fn::If"][0]} if "Fn::If" in value else set()
    return own.union(*map(conditions, value.values()))


class Samples:
    """Resolves values of one template, where some conditions hold and others do not."""

    def __init__(self, template, truth):
        self.resources = template["Resources"]
        self.parameters = template.get("Parameters", {})
        self.truth = truth

    def resolve(self, value):
        """The value with every intrinsic function in it replaced; one that is not known here is an error."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            if name == "Ref":
                return self.reference(argument)
            if name.startswith("Fn::"):
                return self.call(name, argument)
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not NO_VALUE}

    def call(self, name, argument):
        if name == "Fn::Sub":
            text, more = argument if isinstance(argument, list) else (argument, {})
            more = self.resolve(more)
            # `${!Name}` is how a policy variable is written there.
            text = re.sub(r"\$\{([^!}]+)\}", lambda match: self.substitute(match[1], more), text)
            return text.replace("${!", "${")
        if name == "Fn::GetAtt":
            return self.attribute(*(argument.split(".", 1) if isinstance(argument, str) else argument))
        if name == "Fn::If":
            condition, then, otherwise = argument
            return self.resolve(then if self.truth[condition] else otherwise)
        if name == "Fn::Join":
            separator, parts = argument
            return separator.join(map(str, self.resolve(parts)))
        if name == "Fn::Split":
            separator, text = argument
            return self.resolve(text).split(separator)
        if name == "Fn::Select":
            index, parts = argument
            return self.resolve(parts)[int(index)]
        raise SystemExit(f"tools/intrinsics.py does not know {name}, which a policy uses")

    def substitute(self, name, more):
        if name in more:
            return str(more[name])
        return str(self.attribute(*name.split(".", 1)) if "." in name else self.reference(name))

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
        raise SystemExit(f"tools/intrinsics.py does not know {name}.{attribute}, which a policy uses")
