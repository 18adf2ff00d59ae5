"""Compares what two deployments wrote and mailed. Only what cannot be the same is left out, as this file says."""

import csv
import datetime
import io
import json
import re

import emulators

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")


# What a fan-out writes beside the reports, about itself.
OF_A_FAN_OUT = "fan-out/"


class Written:
    """What lies under a prefix of a bucket, downloaded to a folder, and the mails that were sent."""

    def __init__(self, place, prefix, since, mails_before=0):
        folder = place.folder / "bucket"
        emulators.clear(folder)
        place.download(folder)
        self.folder = folder / prefix
        self.bucket = place.bucket
        self.prefix = prefix
        mails = place.messages()["messages"]
        self.mails = [message for of_one in mails.values() for message in of_one][mails_before:]
        self.since = since.replace(microsecond=0)
        self.until = datetime.datetime.now(datetime.timezone.utc)
        paths = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        self.files = {name: path for name, path in paths.items() if not name.startswith(OF_A_FAN_OUT)}
        self.of_a_fan_out = [path for name, path in paths.items() if name not in self.files]

    def differences_from(self, expected):
        """What is not as expected."""
        here, there = self.files.keys(), expected.files.keys()
        found = [f"{name} is missing" for name in sorted(there - here)]
        found += [f"{name} is more than there should be" for name in sorted(here - there)]
        for name in sorted(here & there):
            found += _difference(name, expected.text_of(name), self.text_of(name))
        if len(self.mails) != len(expected.mails):
            return [*found, f"{len(self.mails)} mails were sent, not {len(expected.mails)}"]
        for number, pair in enumerate(zip(expected.mails, self.mails), 1):
            for part in ("Source", "To", "Subject", "BodyText", "BodyHtml"):
                first, second = (one.comparable(str(mail[part])) for one, mail in zip((expected, self), pair))
                found += _difference(f"{part} of mail {number}", first, second)
        return found

    def text_of(self, name):
        """A file without what no two runs have in common."""
        text = self.files[name].read_bytes().decode("utf-8")
        if name.endswith("-coverage.csv"):
            # How long each account took.
            text = _without_column(text, "duration_ms")
        if name.endswith("-mail.json"):
            # SES draws the ids of messages, and Lambda that of the request, from which the delivery's follows.
            marker = json.loads(text)
            marker["delivery"] = len(marker["delivery"])
            marker["mailed"]["message_ids"] = len(marker["mailed"]["message_ids"])
            text = json.dumps(marker)
        return self.comparable(text)

    def comparable(self, text):
        """A text without the place of the files, and without the times at which IAM made reports while this ran."""
        place = re.compile(rf"{re.escape(self.bucket)}(/|\?prefix=){re.escape(self.prefix)}")
        return TIME.sub(self._time, place.sub(r"the-bucket\1", text))

    def _time(self, match):
        time = datetime.datetime.fromisoformat(match[0])
        return "during the run" if self.since <= time <= self.until else match[0]


def _without_column(text, name):
    rows = list(csv.reader(io.StringIO(text, newline="")))
    place = rows[0].index(name)
    return "\n".join(repr(row[:place] + row[place + 1 :]) for row in rows)


def _difference(name, first, second):
    """Where two texts part, with what is around it; nothing where they do not."""
    if first == second:
        return []
    place = next((at for at, pair in enumerate(zip(first, second)) if pair[0] != pair[1]), min(len(first), len(second)))
    start = max(place - 60, 0)
    return [f"{name} differs: {first[start : place + 60]!r} expected, {second[start : place + 60]!r} found"]
