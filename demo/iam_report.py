"""Credential reports as IAM makes them.

The emulator makes reports too, which say nothing of the root user nor of when anything was used. So most accounts have
one that IAM made just before the run; a run takes it as it would AWS's, since IAM makes none anew within four hours.
"""

import csv
import datetime
import io

import people

COLUMNS = (
    "user arn user_creation_time password_enabled password_last_used password_last_changed password_next_rotation "
    "mfa_active access_key_1_active access_key_1_last_rotated access_key_1_last_used_date "
    "access_key_1_last_used_region access_key_1_last_used_service access_key_2_active access_key_2_last_rotated "
    "access_key_2_last_used_date access_key_2_last_used_region access_key_2_last_used_service "
    "cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated"
).split()
ACCOUNT_AGE = 2400


def written(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


class Calendar:
    """Turns ages into times: the world is as old as its first day says, while people go on using what they use."""

    def __init__(self, first_day, now):
        self.first_day = first_day
        self.now = now

    def days_ago(self, days):
        return written(self.first_day - datetime.timedelta(days=days))

    def last_use(self, days):
        return written(self.now - datetime.timedelta(days=days)) if days < people.REGULAR else self.days_ago(days)


def text(account, arns, calendar):
    """The report of an account whose users are given with their ARNs."""
    report = io.StringIO()
    rows = csv.DictWriter(report, COLUMNS, restval="N/A", lineterminator="\n")
    rows.writeheader()
    rows.writerow(root_row(account, calendar))
    for user, arn in arns.items():
        changed = {"password_last_changed": as_iam(calendar.days_ago(user.age))} if user.password else {}
        row = {"user": user.name, "arn": arn, "user_creation_time": as_iam(calendar.days_ago(user.age))}
        rows.writerow(row | changed | credentials(user, None, calendar))
    return report.getvalue().rstrip("\n")


def root_row(account, calendar):
    return {
        "user": "<root_account>",
        "arn": f"arn:aws:iam::{account.id}:root",
        "user_creation_time": as_iam(calendar.days_ago(ACCOUNT_AGE)),
        "password_last_changed": "not_supported",
        "password_next_rotation": "not_supported",
        **credentials(account.root, account.root.certificate, calendar),
    }


def credentials(owner, certificate, calendar):
    """The cells of what somebody signs in with."""
    cells = {"password_enabled": flag(owner.password), "mfa_active": flag(owner.mfa)}
    if owner.signed_in is not None:
        cells["password_last_used"] = as_iam(calendar.last_use(owner.signed_in))
    elif owner.password:
        cells["password_last_used"] = "no_information"
    for number in (1, 2):
        key = owner.keys[number - 1] if number <= len(owner.keys) else None
        cells[f"access_key_{number}_active"] = flag(key and key.active)
        if key:
            cells[f"access_key_{number}_last_rotated"] = as_iam(calendar.days_ago(key.age))
        if key and key.used is not None:
            used = {"date": as_iam(calendar.last_use(key.used)), "region": "us-east-1", "service": "s3"}
            cells.update({f"access_key_{number}_last_used_{what}": value for what, value in used.items()})
    cells |= {"cert_1_active": flag(certificate and certificate.active), "cert_2_active": flag(False)}
    if certificate:
        cells["cert_1_last_rotated"] = as_iam(calendar.days_ago(certificate.age))
    return cells


def flag(value):
    return "true" if value else "false"


def as_iam(time):
    """A time as reports spell it."""
    return time.replace("Z", "+00:00")
