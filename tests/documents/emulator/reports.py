"""Credential reports as IAM keeps them: a new one is made every four hours at most.

IAM User Guide, "Generate credential reports for your AWS account": AWS makes a new report once every four hours at most, and
answers with the last one before that.
"""

import datetime

from ministack.services import iam

KEPT = datetime.timedelta(hours=4)


def fill():
    """Patches the emulator in this process, before it starts."""
    name = "GenerateCredentialReport"
    iam._IAM_HANDLERS[name] = _kept(iam._IAM_HANDLERS[name])


def _kept(generate):
    def generate_credential_report(params):
        report = iam._credential_reports.get("report")
        if report is None or _age(report) > KEPT:
            return generate(params)
        result = "<GenerateCredentialReportResult><State>COMPLETE</State></GenerateCredentialReportResult>"
        return iam._xml(200, "GenerateCredentialReportResponse", result, ns="iam")

    return generate_credential_report


def _age(report):
    made = datetime.datetime.fromisoformat(report["generated_time"].replace("Z", "+00:00"))
    return datetime.datetime.now(datetime.timezone.utc) - made
