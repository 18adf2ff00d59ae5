"""Does what EventBridge Scheduler does when a schedule is due: its target is called with the schedule's Input."""

import json
import time

import emulated

POLL_SECONDS = 0.1
RUN_SECONDS = 120
RUNNING = ("RUNNING", "PENDING_REDRIVE")


class NotFired(Exception):
    """A schedule cannot call its target, or the target does not come to an end."""


def schedules(place):
    """All schedules of the account, in full."""
    client = place.of_home("scheduler")
    pages = client.get_paginator("list_schedules").paginate()
    listed = [one for page in pages for one in page["Schedules"]]
    return [client.get_schedule(Name=one["Name"], GroupName=one["GroupName"]) for one in listed]


def fire(place, schedule):
    """Calls the target of a schedule and waits for its end; answers what was done in words."""
    target = schedule["Target"]
    _check_role(place, target)
    payload = sent(target["Input"], schedule["Arn"], place.scheduled_time)
    service = target["Arn"].split(":")[2]
    started = time.monotonic()
    if service == "lambda":
        status = _invoke(place, target["Arn"], payload)
    elif service == "states":
        status = execute(place, target["Arn"], payload)["status"]
    else:
        raise NotFired(f"{schedule['Name']} has a target of {service}, which is not known here")
    return f"{target['Arn'].split(':')[-1]} with {payload}, {status} after {time.monotonic() - started:.1f} s"


def sent(text, schedule_arn, scheduled_time):
    """The Input of a schedule with its context attributes replaced."""
    event = json.loads(emulated.sample_event(emulated.JOBS[0]).read_text(encoding="utf-8"))
    values = {
        "schedule-arn": schedule_arn,
        "scheduled-time": scheduled_time,
        "execution-id": event["run_id"],
        "attempt-number": "1",
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    # EventBridge Scheduler sends what it does not know as it is.
    if "<aws.scheduler." in text:
        raise NotFired(f"{schedule_arn} has a context attribute in its Input that does not exist: {text}")
    return text


def _check_role(place, target):
    """EventBridge Scheduler assumes the schedule's role: it must trust the service, and may call just this target."""
    client = place.of_home("iam")
    role = client.get_role(RoleName=target["RoleArn"].rpartition("/")[2])["Role"]
    trusted = [one["Principal"].get("Service") for one in role["AssumeRolePolicyDocument"]["Statement"]]
    if trusted not in (["scheduler.amazonaws.com"], [["scheduler.amazonaws.com"]]):
        raise NotFired(f"{role['RoleName']} does not trust EventBridge Scheduler alone: {trusted}")
    needed = [(_action(target["Arn"]), target["Arn"])]
    if "DeadLetterConfig" in target:
        needed.append(("sqs:SendMessage", target["DeadLetterConfig"]["Arn"]))
    for action, arn in needed:
        for resource, expected in ((arn, "allowed"), (f"{arn}-other", "implicitDeny")):
            simulated = client.simulate_principal_policy(
                PolicySourceArn=role["Arn"], ActionNames=[action], ResourceArns=[resource]
            )["EvaluationResults"][0]["EvalDecision"]
            if simulated != expected:
                raise NotFired(f"{role['RoleName']} and {action} on {resource}: {simulated}, not {expected}")


def _action(arn):
    return "lambda:InvokeFunction" if arn.split(":")[2] == "lambda" else "states:StartExecution"


def _invoke(place, arn, payload):
    """An asynchronous invocation: nothing says how it ended, but its report in the log that it did."""
    client = place.of_home("lambda")
    group = client.get_function_configuration(FunctionName=arn)["LoggingConfig"]["LogGroup"]
    before = _reports(place, group)
    accepted = client.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)["StatusCode"]
    if accepted != 202:
        raise NotFired(f"{arn} answered {accepted} to an asynchronous invocation")
    _wait(lambda: _reports(place, group) > before, lambda: f"{arn} has not ended.\n{place.log_end(group)}")
    return "ended"


def _reports(place, group):
    client = place.of_home("logs")
    pages = client.get_paginator("filter_log_events").paginate(logGroupName=group)
    return sum(one["message"].startswith("REPORT ") for page in pages for one in page["events"])


def execute(place, arn, payload):
    """Runs an execution of a state machine; answers its description when it has ended."""
    client = place.of_home("stepfunctions")
    return end_of(client, client.start_execution(stateMachineArn=arn, input=payload)["executionArn"])


def end_of(client, execution):
    """The description of an execution when it has ended."""
    described = {}

    def ended():
        described.update(client.describe_execution(executionArn=execution))
        return described["status"] not in RUNNING

    _wait(ended, lambda: f"{execution} has not ended")
    return described


def _wait(ended, problem):
    deadline = time.monotonic() + RUN_SECONDS
    while not ended():
        if time.monotonic() > deadline:
            raise NotFired(problem())
        time.sleep(POLL_SECONDS)
