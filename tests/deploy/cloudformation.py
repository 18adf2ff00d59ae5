"""Stacks, as AWS CloudFormation makes and describes them; `client` is one of the account that the stack is in."""

import time

POLL_SECONDS = 0.05
WAIT_SECONDS = 60


class NotThere(Exception):
    """A stack, or what it makes, is not there."""


def create(client, name, parameters, **template):
    """Creates a stack from a template (TemplateBody or TemplateURL) and waits until it is there."""
    client.create_stack(
        StackName=name,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        **template,
    )

    def status():
        return client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]

    wait(lambda: not status().endswith("_IN_PROGRESS"), f"the stack {name}")
    if status() != "CREATE_COMPLETE":
        raise NotThere("\n".join([f"{name} is {status()}", *failures(client, name)]))


def failures(client, stack):
    """Why resources of a stack failed; none where there is no stack."""
    try:
        events = client.describe_stack_events(StackName=stack)["StackEvents"]
    except client.exceptions.ClientError:
        return []
    return [
        f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}"
        for one in events
        if one["ResourceStatus"].endswith("_FAILED")
    ]


def outputs(client, stack):
    """The outputs of a stack, by their names."""
    described = client.describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}


def wait(reached, what):
    deadline = time.monotonic() + WAIT_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise NotThere(f"{what} is not there after {WAIT_SECONDS} s")
        time.sleep(POLL_SECONDS)
