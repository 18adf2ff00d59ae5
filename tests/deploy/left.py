"""What is in the accounts, so that what a deleted stack leaves there is seen; `place` is a Deployed."""

import time

# Of each service: the call that lists what is there, where its answer has it, and what that is called; none where the
# answer has names only. The emulator lists no StackSets: their stacks and roles in the other accounts stand for them.
LISTS = (
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("stepfunctions", "list_state_machines", "stateMachines", "stateMachineArn"),
)
# A StackSet makes roles in other accounts, and nothing else.
OF_MEMBERS = LISTS[:2]
WAIT_SECONDS = 30
POLL_SECONDS = 0.2


def there(place):
    """Everything in the stack's account, and stacks and roles in the other accounts of its Organization."""
    members = [account.id for account in place.organizations["A"].members]
    questions = [(place.home, one) for one in LISTS] + [(account, one) for account in members for one in OF_MEMBERS]
    answers = place.builder.each(lambda question: _listed(place, *question), questions)
    return set().union(*answers)


def _listed(place, account, question):
    service, call, field, name = question
    client = place.builder.client(service, account)
    pages = client.get_paginator(call).paginate() if client.can_paginate(call) else [getattr(client, call)()]
    things = [one for page in pages for one in page.get(field, [])]
    # A nested stack that was deleted is still described, by its id.
    present = [one for one in things if name is None or one.get("StackStatus") != "DELETE_COMPLETE"]
    return {(account, service, one[name] if name else one) for one in present}


def stays(outputs):
    """What docs/deploy.md says that a deleted stack leaves: name and service of each."""
    return {
        ("s3", outputs["ReportBucketName"]),
        ("dynamodb", outputs["TenantsTableName"]),
        ("logs", outputs["AccountMetadataLogGroupName"]),
        ("logs", outputs["CredentialReportLogGroupName"]),
    }


def problems(place, made, outputs):
    """What is left of what was made, and should not be; and what should be and is not."""
    expected = {(place.home, *one) for one in stays(outputs)}
    # The StackSet's stacks go by themselves, after it.
    deadline = time.monotonic() + WAIT_SECONDS
    while (left := made & there(place)) - expected and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    found = [f"the deleted stack leaves {name} of {service} in {account}" for account, service, name in left - expected]
    found += [f"the deleted stack takes {name} of {service} away" for _account, service, name in expected - left]
    return sorted(found)
