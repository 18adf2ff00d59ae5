"""What can be seen of a run from outside, and how two runs differ, in words."""

import csv
import io
import json
import re

# Other in every run.
VOLATILE = ("attempts", "duration_ms", "report_generated_time", "user_creation_time")
# Map Runs have names that are drawn by chance.
DRAWN = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Larger objects are not compared cell by cell.
LARGEST = 1_000_000


def invoked(stage, deployment, answer):
    """All there is to see after a run of a function."""
    payload = json.loads(answer["Payload"].read())
    failed = payload if "FunctionError" in answer else {}
    return {
        "error": {"function": f"{failed['errorType']}: {failed['errorMessage']}"} if failed else {},
        "status": {"run": payload.get("status")},
        "tenant": {one["tenant_id"]: one["reason"] for one in payload.get("tenants", {}).get("rejected", [])},
        **left_behind(stage, deployment),
        "mail": {"mails": stage.control("mails")["number"], "told": str(payload.get("mail", {}).get("sent"))},
        "warning": dict.fromkeys(payload.get("warnings", []), "warned"),
        "call": dict.fromkeys(payload.get("api_calls", {}), "called"),
    }


def executed(stage, deployment, execution):
    """All there is to see after an execution of a state machine."""
    summary = json.loads(execution.get("output") or "{}")
    failed = execution["status"] != "SUCCEEDED"
    return {
        "error": {"execution": f"{execution['error']}: {execution['cause']}"} if failed else {},
        "status": {"run": summary.get("status")},
        "tenant": {one["tenant_id"]: one["reason"] for one in summary.get("tenants", {}).get("failed", [])},
        **left_behind(stage, deployment),
    }


def left_behind(stage, deployment):
    """What is in the bucket."""
    client = stage.client("s3")
    objects, cells = {}, {}
    for entry in listed(client, "list_objects_v2", "Contents", deployment):
        name = DRAWN.sub("…", entry["Key"])
        objects[name] = "there"
        if name.endswith(".csv") and entry["Size"] < LARGEST:
            text = client.get_object(Bucket=deployment.bucket, Key=entry["Key"])["Body"].read().decode()
            cells.update(cells_of(name, text))
    uploads = listed(client, "list_multipart_uploads", "Uploads", deployment)
    return {"cell": cells, "object": objects, "upload": {one["Key"]: "left open" for one in uploads}}


def listed(client, operation, field, deployment):
    """What every page of a listing of the bucket has in a field."""
    pages = client.get_paginator(operation).paginate(Bucket=deployment.bucket)
    return [one for page in pages for one in page.get(field, [])]


def cells_of(name, text):
    """Every cell of a CSV by object, row and column; a row is known by what comes first in it and by its user."""
    for row in csv.DictReader(io.StringIO(text, newline="")):
        named = [next(iter(row.values())), *(row.get(name) for name in ("user", "credential", "rule"))]
        about = " ".join(filter(None, named))
        for column, value in row.items():
            if column not in VOLATILE:
                yield (name, about, column), value


def differences(before, after):
    """What differs, the worst first, a few words each; nothing where nothing does."""
    return [text for kind in WORDS if kind in before for text in WORDS[kind](before[kind], after[kind])]


def shortened(text):
    text = re.sub(r"arn:aws:(sts|iam)::(\d+):assumed-role/\S+", "the caller", text)
    text = re.sub(r"\(?(because no|with an explicit)[^)\"]*\)?", "", text)
    text = re.sub(r":? ?User: the caller is not authorized to perform: [\w:]+", "", text)
    return re.sub(r"\s+", " ", text).strip()


def error(before, after):
    return [f"the {what} fails: {shortened(text)}" for what, text in after.items() if not before]


def status(before, after):
    return [] if before == after or after["run"] is None else [f"the run is {after['run']}"]


def tenant(before, after):
    return [f"tenant rejected: {shortened(after[one])}" for one in after if one not in before]


def cell(before, after):
    """Outcomes first; then each column once, with one of its values."""
    changed = {}
    for (name, about, column), value in sorted(after.items()):
        old = before.get((name, about, column))
        if old is not None and old != value:
            changed.setdefault(column, (about, old, value))
    texts = []
    for column in sorted(changed, key=lambda one: (one != "outcome", one == "detail", one)):
        about, old, value = changed[column]
        texts.append(f"{column} of {about}: {shortened(value) or 'empty'} in place of {shortened(old) or 'nothing'}")
    missing = sorted({(name, about) for name, about, _ in before} - {(name, about) for name, about, _ in after})
    objects = {name for name, _, _ in after}
    texts += [f"no row of {about} in {name}" for name, about in missing if name in objects]
    return texts


def objects_that_are(before, after):
    missing, more = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    texts = [f"not written: {missing[0]}" + (f" and {len(missing) - 1} more" if missing[1:] else "")] if missing else []
    return texts + ([f"left behind: {more[0]}" + (f" and {len(more) - 1} more" if more[1:] else "")] if more else [])


def mail(before, after):
    if before["mails"] != after["mails"]:
        return [f"{after['mails']} mails in place of {before['mails']}"]
    return ["the answer tells of other mails"] if before != after else []


def upload(before, after):
    return [f"upload left open: {one}" for one in after if one not in before]


def warning(before, after):
    texts = [f"warns: {shortened(one)}" for one in after if one not in before]
    return texts + [f"no longer warns: {shortened(one)}" for one in before if one not in after]


def call(before, after):
    more, less = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    texts = [f"calls, in place of remembering: {', '.join(more)}"] if more else []
    return texts + ([f"does not call: {', '.join(less)}"] if less else [])


WORDS = {
    "error": error,
    "status": status,
    "tenant": tenant,
    "cell": cell,
    "object": objects_that_are,
    "mail": mail,
    "upload": upload,
    "warning": warning,
    "call": call,
}
