"""The demo's emulator, which also tells what no API of AWS tells, and forgets what AWS forgets after hours."""

import json
import pathlib
import runpy

from ministack import app
from ministack.services import iam, ses, sts

DEMO = pathlib.Path(__file__).resolve().parents[3] / "demo" / "emulator"
PREFIX = "/_ministack/least-privilege/"


def sessions(_query):
    """Every session that was obtained by AssumeRole: who asked for it, of which role, with which session policy."""
    return [
        {"arn": one["Arn"], "caller": one["SourcePrincipalArn"], "policy": (one["SessionPolicies"] or {}).get("Policy")}
        for one in list(sts._sessions.values())
        if one.get("SourcePrincipalArn")
    ]


def forget(query):
    """Takes the credential reports of accounts away, as IAM does after hours, and the mails that were sent."""
    for account in query.get("account", []):
        iam._credential_reports.pop_scoped(account, None, "report", None)
    ses._sent_emails._data.clear()
    return {}


def mails(_query):
    """How many mails were sent since they were forgotten."""
    return {"number": sum(len(one) for one in ses._sent_emails._data.values())}


CALLS = {"mails": mails, "sessions": sessions, "forget": forget}


def fill():
    answer_others = app._handle_ses_messages_request

    async def answer(method, path, headers, query):
        call = CALLS.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        if call is None:
            return await answer_others(method, path, headers, query)
        return 200, {"Content-Type": "application/json"}, json.dumps(call(query)).encode()

    app._handle_ses_messages_request = answer


fill()
runpy.run_path(str(DEMO), run_name="__main__")
