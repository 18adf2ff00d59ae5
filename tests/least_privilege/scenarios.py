"""Runs one after another that need, between them, every permission; each begins with an empty bucket."""

import json

import fire
from deployments import MACHINES, PREFIX, SENDER
from observed import executed, invoked, listed

DAYS = ("2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z", "2026-11-23T06:00:00Z")
# What the objects of a job's reports are called.
REPORTS = {"account-metadata": "account-metadata-report", "credential-report": "credential-report"}
# How many objects S3 deletes with one call.
AT_ONCE = 1000


def sequences(stage, deployment, name):
    """What is run for a function or a state machine, by name: each sequence begins with an empty bucket."""
    return of_machine(stage, deployment, name) if name in MACHINES else of_function(stage, deployment, name)


def of_machine(stage, deployment, name):
    def run():
        return fire.execute(stage, deployment.machine(name), json.dumps({"scheduled_time": DAYS[0]}))

    def redriven():
        """Fails for one tenant, whose role comes to its rights afterwards, and is redriven."""
        with deployment.unreadable(stage.organizations["B"]):
            execution = run()
        if execution["status"] != "FAILED":
            raise AssertionError(f"{name} does not fail where a tenant cannot be read: {execution}")
        client = stage.of_home("stepfunctions")
        client.redrive_execution(executionArn=execution["executionArn"])
        return fire.end_of(client, execution["executionArn"])

    return [
        [("execution", lambda: executed(stage, deployment, run()))],
        [("redriven", lambda: executed(stage, deployment, redriven()))],
    ]


def of_function(stage, deployment, job):
    of_every_day = [stage.organizations[letter].management.id for letter in "AB"]
    reads_tenants = job == "account-metadata" or deployment.covers_all_tenants
    chosen = {"tenant_ids": of_every_day} if reads_tenants else {}

    def run(day, **event):
        return lambda: invoke(stage, deployment, job, {"scheduled_time": DAYS[day], **chosen, **event})

    # The first run; the next day's, which reads what the first one left; the same event again.
    found = [[("first run", run(0)), ("next day", run(1)), ("event repeated", run(1))]]
    if job == "credential-report" and deployment.sends_mail:
        found.append([("mail refused", lambda: with_mail_refused(stage, run(2)))])
    if reads_tenants and deployment.is_large:
        # Objects of several parts. Those of the repeated event are there already, so that S3 refuses to complete their
        # uploads, which are then aborted. Before it an upload is left open, as by a run that was killed.
        organization = stage.organizations["C"].management.id
        large = run(0, tenant_ids=[organization], notify=False)
        newest = f"{PREFIX}aws-{organization}-{REPORTS[job]}-latest.csv"
        repeated = with_upload_left_open(stage, deployment, newest, large)
        found.append([("large", large), ("large event repeated", repeated)])
    return found


def begin(stage, deployment):
    """Nothing is left of the runs before, and of no object an older version."""
    client = stage.client("s3")
    versions = [
        {"Key": one["Key"], "VersionId": one["VersionId"]}
        for field in ("Versions", "DeleteMarkers")
        for one in listed(client, "list_object_versions", field, deployment)
    ]
    for first in range(0, len(versions), AT_ONCE):
        client.delete_objects(Bucket=deployment.bucket, Delete={"Objects": versions[first : first + AT_ONCE]})
    for one in listed(client, "list_multipart_uploads", "Uploads", deployment):
        client.abort_multipart_upload(Bucket=deployment.bucket, Key=one["Key"], UploadId=one["UploadId"])
    stage.control("forget", account=[one.id for one in stage.builder.accounts() if not one.root])


def invoke(stage, deployment, job, event):
    answer = stage.client("lambda").invoke(FunctionName=deployment.function(job), Payload=json.dumps(event))
    return invoked(stage, deployment, answer)


def with_upload_left_open(stage, deployment, key, run):
    def begun():
        stage.client("s3").create_multipart_upload(Bucket=deployment.bucket, Key=key)
        return run()

    return begun


def with_mail_refused(stage, run):
    """SES refuses a sender that is not verified."""
    client = stage.client("sesv2")
    client.delete_email_identity(EmailIdentity=SENDER)
    try:
        return run()
    finally:
        client.create_email_identity(EmailIdentity=SENDER)
