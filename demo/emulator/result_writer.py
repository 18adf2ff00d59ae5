"""The files that a ResultWriter leaves in a bucket ("ResultWriter (Map)", Step Functions developer guide)."""

import json

import integrations
import rights
from ministack.services import stepfunctions

# "Example of IAM policy for writing data to an Amazon S3 bucket" of that guide: the least rights.
ACTIONS = ("s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
FILES = {"SUCCEEDED": ("SUCCEEDED",), "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"), "PENDING": ("PENDING",)}


def check(writer):
    """Without its rights a Map Run does not start."""
    place = writer["Arguments"]
    for action in ACTIONS:
        target = f"arn:aws:s3:::{place['Bucket']}/{place['Prefix']}/"
        rights.need(action, target, "States.ResultWriterFailed")


def write(writer, map_run, children):
    """Writes the results of a Map Run; answers the state's result."""
    place = writer["Arguments"]
    folder = f"{place['Prefix']}/{map_run.rsplit(':', 1)[-1]}"
    compact = (writer.get("WriterConfig") or {}).get("Transformation", "NONE") == "COMPACT"
    files = {}
    for name, statuses in FILES.items():
        records = [_record(child, compact) for child in children if child["status"] in statuses]
        files[name] = []
        if records:
            key = f"{folder}/{name}_0.json"
            text = json.dumps(records, ensure_ascii=False)
            _put(place["Bucket"], key, text)
            files[name].append({"Key": key, "Size": len(text.encode())})
    manifest = {"DestinationBucket": place["Bucket"], "MapRunArn": map_run, "ResultFiles": files}
    key = f"{folder}/manifest.json"
    _put(place["Bucket"], key, json.dumps(manifest))
    return {"MapRunArn": map_run, "ResultWriterDetails": {"Bucket": place["Bucket"], "Key": key}}


def _put(bucket, key, text):
    try:
        integrations.put_object({"Bucket": bucket, "Key": key, "Body": text})
    except stepfunctions._ExecutionError as error:
        raise stepfunctions._ExecutionError("States.ResultWriterFailed", error.cause) from None


def _record(child, compact):
    """One execution; a failed one comes with all about it, however the others come."""
    if child["status"] == "SUCCEEDED" and compact:
        return json.loads(child["output"])
    record = {
        "ExecutionArn": child["executionArn"],
        "Input": child["input"],
        "InputDetails": {"Included": True},
        "Name": child["name"],
        "RedriveCount": child["redriveCount"],
        "StateMachineArn": child["stateMachineArn"],
        "Status": child["status"],
    }
    if child["status"] == "SUCCEEDED":
        record |= {"Output": child["output"], "OutputDetails": {"Included": True}}
    elif child["status"] != "PENDING":
        record |= {"Error": child["error"], "Cause": child["cause"], "RedriveStatus": "REDRIVABLE"}
    for field, name in (("startDate", "StartDate"), ("stopDate", "StopDate")):
        if child.get(field):
            record[name] = child[field]
    return record
