"""What services call with the roles of a deployment: as the services know it, whatever the policies say."""

import json

from deployments import TITLES

# What is drawn by chance when a run starts.
DRAWN = "0123"
STREAM = "2026/11/21/[$LATEST]0123"


class Called:
    """The resources of a deployment, by the name that a use has for each."""

    def __init__(self, stage, deployment, written):
        self.client = stage.client
        self.deployment = deployment
        self.outputs = deployment.outputs
        # The objects that a state machine's run writes, by the title of its function.
        self.written = written

    def resource(self, use, role_id):
        title = next(one for one in TITLES.values() if role_id.startswith(one))
        return getattr(self, use.on)(title)

    def queue(self, _title):
        asked = {"QueueUrl": self.outputs["UndeliveredEventsUrl"], "AttributeNames": ["QueueArn"]}
        return self.client("sqs").get_queue_attributes(**asked)["Attributes"]["QueueArn"]

    def function(self, title):
        return self._function(title)["FunctionArn"]

    def _function(self, title):
        name = self.outputs[f"{title}FunctionName"]
        return self.client("lambda").get_function_configuration(FunctionName=name)

    def log_stream(self, title):
        """A stream of the group that the function writes to."""
        name = self._function(title)["LoggingConfig"]["LogGroup"]
        groups = self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        group = next(one["arn"] for one in groups if one["logGroupName"] == name)
        return f"{group.removesuffix(':*')}:log-stream:{STREAM}"

    def _machine(self, title):
        arn = self.outputs[f"{title}FanOutArn"]
        return self.client("stepfunctions").describe_state_machine(stateMachineArn=arn)

    def state_machine(self, title):
        return self._machine(title)["stateMachineArn"]

    def execution(self, title):
        return f"{self._executions(title)}:{DRAWN}"

    def child(self, title):
        """An execution that the map starts: its name has the map's label before it."""
        states = json.loads(self._machine(title)["definition"])["States"]
        label = next(state["Label"] for state in states.values() if state["Type"] == "Map")
        return f"{self._executions(title)}/{label}:{DRAWN}"

    def _executions(self, title):
        return self.state_machine(title).replace(":stateMachine:", ":execution:")

    def results(self, title):
        """An object that the map's ResultWriter writes."""
        key = next(one for one in self.written(title) if one.endswith("/SUCCEEDED_0.json"))
        return f"arn:aws:s3:::{self.deployment.bucket}/{key.replace('…', DRAWN)}"

    def key(self, _title):
        """The key that the bucket's objects are encrypted with."""
        found = self.client("s3").get_bucket_encryption(Bucket=self.deployment.bucket)
        rule = found["ServerSideEncryptionConfiguration"]["Rules"][0]
        return rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
