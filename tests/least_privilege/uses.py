"""What AWS services do with a role by themselves, and the emulator does not, or not with the role's permissions.

Each use is simulated on the resource that the service would call, which called.py finds in what is deployed and in no
policy: it has to be allowed with all permissions, and denied without the one. `why` is what AWS documents of it.
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
    """A call that is made with a role: what is lost without it, and on what it is, by the name in called.py."""

    sid: str
    action: str
    on: str
    lost: str
    why: str


OF_FUNCTIONS = (
    Use("KeepFailedEvents", "sqs:SendMessage", "queue", "an event whose last attempt failed is lost", DESTINATION),
    Use("WriteLogs", "logs:CreateLogStream", "log_stream", "no log of the runs", LOGS),
    Use("WriteLogs", "logs:PutLogEvents", "log_stream", "no log of the runs, and no metrics", LOGS),
)
OF_SCHEDULES = (
    Use("Start", "lambda:InvokeFunction", "function", "the schedule starts no run", SCHEDULER),
    Use("Start", "states:StartExecution", "state_machine", "the schedule starts no execution", SCHEDULER),
    Use("KeepUndeliveredEvents", "sqs:SendMessage", "queue", "a start that was not delivered is lost", DEAD_LETTERS),
)
OF_STATE_MACHINES = (
    Use("FollowChildren", "states:DescribeExecution", "execution", "the execution itself cannot be looked up", MAP),
    Use("FollowChildren", "states:DescribeExecution", "child", "the map cannot tell what became of children", MAP),
    Use("FollowChildren", "states:StopExecution", "execution", "the execution itself cannot be stopped", MAP),
    Use("FollowChildren", "states:StopExecution", "child", "children of a map that failed go on", MAP),
    Use("WriteResults", "s3:ListMultipartUploadParts", "results", "large results are not written", RESULTS),
    Use("WriteResults", "s3:AbortMultipartUpload", "results", "failed uploads are left behind", RESULTS),
    Use("EncryptResults", "kms:Encrypt", "key", "large results are not written under the key", KEY),
)


def uses_of(role_id, sid, action):
    """The uses of grants by AWS services; none where a run shows them."""
    if role_id.endswith("ScheduleRole"):
        known = OF_SCHEDULES
    elif role_id.endswith("FanOutRole"):
        known = OF_STATE_MACHINES
    else:
        known = OF_FUNCTIONS
    return [one for one in known if (one.sid, one.action) == (sid, action)]


def request(account, role, action, resource, policies, **more):
    """The request to simulate."""
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
        "resourcePolicy": key_policy if action.startswith("kms:") else None,
        "principal": f"arn:aws:iam::{account}:role/{role}",
        "action": action,
        "resource": resource,
        "account": account,
        "policies": [one for one in policies if one],
        **more,
    }
