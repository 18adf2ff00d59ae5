"""What AWS services do with a role by themselves, which the emulator does without asking for permission.

Each use is simulated: it has to be allowed with the permission, and denied without. `why` is what AWS documents of it.
"""

import dataclasses

SCHEDULER = 'EventBridge Scheduler User Guide, "Setting up": the execution role calls the target'
DEAD_LETTERS = 'EventBridge Scheduler User Guide, "Configuring a dead-letter queue": the execution role sends to it'
DESTINATION = 'Lambda Developer Guide, "Capturing records of asynchronous invocations": the execution role sends them'
LOGS = 'Lambda Developer Guide, "Sending function logs to CloudWatch Logs": the execution role writes them'
MAP = 'Step Functions Developer Guide, "Distributed mode": the role starts, follows, stops and redrives children'
RESULTS = 'Step Functions Developer Guide, "ResultWriter": the role writes results, in parts where they are large'
KEY = 'Step Functions Developer Guide, "ResultWriter": what results under a KMS key take'


@dataclasses.dataclass(frozen=True)
class Use:
    """A call that is made with a role: what is lost without it, and which resource it is on, by the grant's own."""

    sid: str
    action: str
    lost: str
    why: str
    of_resource: str = ""  # replaces the asterisks at the end of the grant's resource


PART = "0123/SUCCEEDED_0.json"
STREAM = "log-stream:2026/11/21/[$LATEST]0123"

OF_FUNCTIONS = (
    Use("KeepFailedEvents", "sqs:SendMessage", "an event whose last attempt failed is lost", DESTINATION),
    Use("WriteLogs", "logs:CreateLogStream", "no log of the runs", LOGS, STREAM),
    Use("WriteLogs", "logs:PutLogEvents", "no log of the runs, and no metrics", LOGS, STREAM),
)
OF_SCHEDULES = (
    Use("Start", "lambda:InvokeFunction", "the schedule starts no run", SCHEDULER),
    Use("Start", "states:StartExecution", "the schedule starts no execution", SCHEDULER),
    Use("KeepUndeliveredEvents", "sqs:SendMessage", "a start that was not delivered is lost", DEAD_LETTERS),
)
OF_STATE_MACHINES = (
    Use("FollowChildren", "states:DescribeExecution", "the map cannot tell what became of children", MAP, "0123"),
    Use("FollowChildren", "states:StopExecution", "children of a map that failed go on", MAP, "0123"),
    Use("WriteResults", "s3:ListMultipartUploadParts", "large results are not written", RESULTS, PART),
    Use("WriteResults", "s3:AbortMultipartUpload", "failed uploads are left behind", RESULTS, PART),
    Use("EncryptResults", "kms:Decrypt", "large results are not written under the key", KEY),
    Use("EncryptResults", "kms:Encrypt", "large results are not written under the key", KEY),
    Use("EncryptResults", "kms:GenerateDataKey", "no results are written under the key", KEY),
)


def use_of(role_id, sid, action):
    """The use of a grant by an AWS service; none where a run shows it."""
    if role_id.endswith("ScheduleRole"):
        known = OF_SCHEDULES
    elif role_id.endswith("FanOutRole"):
        known = OF_STATE_MACHINES
    else:
        known = OF_FUNCTIONS
    return next((one for one in known if (one.sid, one.action) == (sid, action)), None)


def request(account, role, use, resource, policies):
    """The request to simulate."""
    concrete = resource.rstrip("*") + (use.of_resource if resource.endswith("*") else "")
    # The policy that a key gets where none is given lets the account's own policies decide.
    key_policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return {
        "resourcePolicy": key_policy if use.action.startswith("kms:") else None,
        "principal": f"arn:aws:iam::{account}:role/{role}",
        "action": use.action,
        "resource": concrete,
        "account": account,
        "policies": policies,
    }
