"""Takes every permission away in turn, runs what needs it, and tells what is lost."""

import dataclasses

from called import Called
from deployments import MACHINES, TITLES
from grants import grants, without
from observed import differences
from scenarios import begin, sequences
from uses import request, uses_of


@dataclasses.dataclass
class Row:
    """One permission, and what showed that it is needed."""

    deployment: str
    role_id: str
    role: str
    sid: str
    action: str
    resource: str
    grants: list
    lost: str = ""
    shown_by: str = ""

    @property
    def place(self):
        """Where the template grants it, however often it is deployed."""
        resource = self.resource.replace(f"-{self.deployment}", "")
        return (self.role_id, self.grants[0].policy, self.sid, self.action, resource)


class Removals:
    """The permissions of all roles of a deployment."""

    def __init__(self, stage, deployment):
        self.stage = stage
        self.deployment = deployment
        self.baseline = {}
        self.rows = self._rows()
        self.called = Called(stage, deployment, self._written)

    def run_baseline(self, run):
        """Runs it with every permission, twice: what differs by itself would show nothing."""
        self.baseline[run] = dict(self._run(run))
        for name, seen in self._run(run):
            found = differences(self.baseline[run][name], seen)
            if seen["error"] or seen["tenant"] or seen["upload"]:
                found.append("it fails with every permission")
            if found:
                raise AssertionError(f"{self.deployment.name}, {run}, {name} differs by itself: {found}")

    def _run(self, run, first=""):
        """Runs everything, the sequence that a step of this name is in before the others."""
        ordered = sorted(sequences(self.stage, self.deployment, run), key=lambda one: first not in dict(one))
        for sequence in ordered:
            begin(self.stage, self.deployment)
            for name, step in sequence:
                yield name, step()

    def _rows(self):
        """The grants of every role, those of one place together, whatever the account."""
        rows = {}
        for (account, _name), role in self.deployment.roles.items():
            for grant in grants(account, role):
                resource = role.normal.properties(grant.resource)
                key = (grant.role, grant.sid, grant.action, resource)
                row = Row(self.deployment.name, role.id, *key, grants=[])
                rows.setdefault(key, row).grants.append(grant)
        return list(rows.values())

    def _written(self, title):
        """The objects that a state machine's run writes with every permission."""
        run = next(one for one, job in MACHINES.items() if TITLES[job] == title)
        if run not in self.baseline:
            self.run_baseline(run)
        return self.baseline[run]["execution"]["object"]

    def simulated(self, row):
        """The calls of services that the permission may be for, each with the requests with and without it."""
        grant = row.grants[0]
        documents = self.deployment.roles[grant.account, grant.role].policies
        lacking = {**documents, grant.policy: without(documents[grant.policy], grant)}
        for use in uses_of(row.role_id, row.sid, row.action):
            resource = self.called.resource(use, row.role_id)
            asked = [
                request(grant.account, grant.role, use.action, resource, policies.values())
                for policies in (documents, lacking)
            ]
            yield use, asked

    def show(self, row):
        """Runs without it until something is lost."""
        for run in self.deployment.runs_with(row.role_id):
            if run not in self.baseline:
                self.run_baseline(run)
            found = self._without(row, run)
            if found:
                row.lost, row.shown_by = found, "run"
                return

    def _without(self, row, run):
        policies = {one: self.deployment.roles[one.account, one.role].policies[one.policy] for one in row.grants}
        for grant, document in policies.items():
            self.stage.put_policy(grant.account, grant.role, grant.policy, without(document, grant))
        try:
            for name, seen in self._run(run, FIRST.get(row.action, "")):
                found = differences(self.baseline[run][name], seen)
                if found:
                    return f"{run}, {name}: {'; '.join(found[:2])}"
        finally:
            for grant, document in policies.items():
                self.stage.put_policy(grant.account, grant.role, grant.policy, document)
        return ""


# Where a permission is missed only late, that comes first: it saves time, and nothing else.
FIRST = {
    "s3:AbortMultipartUpload": "large",
    "s3:DeleteObject": "mail refused",
    "s3:ListBucketMultipartUploads": "large",
    "states:RedriveExecution": "redriven",
}
