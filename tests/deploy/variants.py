"""Deploys the template with other parameters: each deploys, side by side in one account, and has what it should."""

import yaml

import cloudformation
import resources
from emulated import ROOT

EXPECTED = ROOT / "tests" / "deploy" / "expected.yaml"
VARIANTS = ROOT / "tests" / "deploy" / "variants.yaml"
# Accounts have the role of the stack's StackSet already.
WITHOUT_STACK_SET = {"MemberRoleTargets": None, "OrganizationId": None}


class Check:
    """Compares a deployed stack and its variants with what is expected, or writes down what there is."""

    def __init__(self, place, stack, write=False):
        self.place = place
        self.stack = stack
        self.write = write
        self.problems = []
        # Every resource that any variant had so far, as it was there first.
        self.known = {}
        self.owners = {}

    def deployed(self):
        """Compares the stack as sam deployed it."""
        described = self._described(self.stack, "as deployed")
        if self.write:
            _dump(EXPECTED, described, comment_of(EXPECTED))
        expected = yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))
        self.problems += resources.differences(expected, described)
        self.known = dict(described)
        return described

    def variants(self, base, template_url):
        """Deploys and compares every variant; answers how many there are."""
        variants = yaml.safe_load(VARIANTS.read_text(encoding="utf-8"))
        for number, (title, variant) in enumerate(variants.items()):
            name = f"{self.stack}-{number + 1}"
            refused = self._create(name, template_url, variant["parameters"])
            if refused or "refused" in variant:
                if variant.get("refused", "no reason to refuse it") not in refused:
                    self.problems.append(f"{title}: {refused or 'was not refused'}")
                continue
            described = self._described(name, title)
            self._compare(title, variant, base, described)
            base = described if number == 0 else base
        if self.write:
            _dump(VARIANTS, variants, comment_of(VARIANTS))
        return len(variants)

    def _described(self, name, title):
        """What a stack has, which no other stack may have too, and no service may have otherwise."""
        deployed = resources.of_stack(self.place, name)
        for one in deployed.values():
            other = self.owners.setdefault((one.kind, one.physical_id), name)
            if other != name:
                self.problems.append(f"{title}: {one.physical_id} belongs to the stack {other} too")
        found = resources.service_differences(deployed, name, self.place.home)
        self.problems += [f"{title}: the service has something else: {one}" for one in found]
        return resources.comparable(deployed, name, self.place.home)

    def _compare(self, title, variant, base, described):
        changes, adds = resources.differences(base, described), {}
        for logical_id in sorted(described.keys() - base.keys()):
            if logical_id in self.known:
                changes += resources.differences(
                    {logical_id: self.known[logical_id]}, {logical_id: described[logical_id]}
                )
            else:
                adds[logical_id] = self.known[logical_id] = described[logical_id]
        if self.write:
            variant["changes"], variant["adds"] = changes, adds
        self.problems += [f"{title}: not so: {one}" for one in variant["changes"] if one not in changes]
        self.problems += [f"{title}: unexpected: {one}" for one in changes if one not in variant["changes"]]
        self.problems += [f"{title}: {one}" for one in resources.differences(variant["adds"], adds)]

    def _create(self, name, template_url, changed):
        """Creates a stack; answers why it was refused, empty where it was not."""
        client = self.place.of_home("cloudformation")
        values = {**self.place.parameters(), **WITHOUT_STACK_SET, **changed}
        values = {key: one.replace("<account>", self.place.home) for key, one in values.items() if one is not None}
        try:
            cloudformation.create(client, name, values, TemplateURL=template_url)
        except (client.exceptions.ClientError, cloudformation.NotThere) as refusal:
            return str(refusal)
        return ""


def comment_of(path):
    """The lines above the data."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("#"))


def _dump(path, value, comment):
    path.write_text(comment + yaml.dump(value, Dumper=Plain, sort_keys=False, allow_unicode=True, width=1000))


class Plain(yaml.SafeDumper):
    """Without anchors: every place says what it has."""

    def ignore_aliases(self, data):
        return True
