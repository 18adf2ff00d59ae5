"""Every IAM policy of CloudFormation templates, and what parliament says of it but for a list of exceptions.

    policies.py [--documents FILE] TEMPLATE…

A SAM template is translated first, as CloudFormation does, so that what the translator adds is judged too. Intrinsic
functions become sample values, and a document with `Fn::If` in it is judged for every combination of its conditions.
Prints what is wrong, a line for each, and exits with 1; nothing when all is well. With --documents, the documents are
written as JSON, for tests/iam/policies.mjs.
"""

import argparse
import itertools
import json
import os
import pathlib
import sys

# No profile and no region of the caller's: the translator asks boto3 for the partition.
os.environ.update(AWS_DEFAULT_REGION="us-east-1", AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
sys.dont_write_bytecode = True

import parliament
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

import samples
from intrinsics import NotResolved

SAM = "AWS::Serverless-2016-10-31"

# What parliament says that is meant so: (finding, part of the place, part of the detail) and why. One that no template
# needs any more is a problem itself.
EXCEPTIONS = {
    ("CREDENTIALS_EXPOSURE", "", "sts:assumerole"): "the functions assume roles in other accounts: they are for that",
    ("RESOURCE_MISMATCH", "ConfigurationSetPolicy", "identity/*"): "the policy for mail names the identity",
    ("RESOURCE_MISMATCH", "FanOutRole", ":express:"): "an execution of a standard state machine is no express one",
}


def translated(template):
    """The template as CloudFormation deploys it."""
    if template.get("Transform") != SAM:
        return template
    # What `sam build` and `sam deploy` make of local files.
    for settings in [template.get("Globals", {}).get("Function", {}), *_properties(template)]:
        for name in {"CodeUri", "DefinitionUri"} & settings.keys():
            settings[name] = "s3://bucket/key"
    try:
        return transform(template, {}, ManagedPolicyLoader(None))
    except InvalidDocumentException as error:
        raise SystemExit("\n".join(cause.message for cause in error.causes)) from None


def _properties(template):
    return [resource.get("Properties", {}) for resource in template["Resources"].values()]


def documents(template):
    """Every policy document, with its place and its kind: trust, identity or resource."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if "AssumeRolePolicyDocument" in properties:
            yield name, "trust", properties["AssumeRolePolicyDocument"]
        for one in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            yield f"{name}/{one['PolicyName']}", "identity", one["PolicyDocument"]
        if "PolicyDocument" in properties:
            kind = "identity" if resource["Type"].startswith("AWS::IAM::") else "resource"
            yield name, kind, properties["PolicyDocument"]


def variants(template, document):
    """The document with sample values, for every combination of the conditions in it; each once."""
    conditions = sorted(samples.conditions(document))
    found = {}
    for truth in itertools.product([True, False], repeat=len(conditions)):
        variant = samples.Samples(template, dict(zip(conditions, truth))).resolve(document)
        found[json.dumps(variant, sort_keys=True)] = variant
    return list(found.values())


def findings(document, kind):
    """What parliament says of a document, as (finding, what it is about)."""
    if kind == "trust":
        # A trust policy is the resource policy of its role, which it does not name.
        role = {"Resource": f"arn:aws:iam::{samples.ACCOUNT}:role/Sample"}
        document = {**document, "Statement": [{**one, **role} for one in document["Statement"]]}
    policy = parliament.analyze_policy_string(json.dumps(document), include_community_auditors=True)
    for finding in policy.findings:
        place = {key: value for key, value in finding.location.items() if key in ("actions", "string", "type")}
        yield finding.issue, " ".join(str(part) for part in (finding.detail, place or "") if part)


def excuses(issue, place, detail):
    """The exceptions that a finding falls under."""
    return {key for key in EXCEPTIONS if key[0] == issue and key[1] in place and key[2] in detail}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--documents", type=pathlib.Path, metavar="FILE")
    arguments.add_argument("templates", nargs="+", type=pathlib.Path, metavar="TEMPLATE")
    options = arguments.parse_args()
    everything, problems, used = [], [], set()
    for path in options.templates:
        template = translated(yaml_parse(path.read_text(encoding="utf-8")))
        for place, kind, document in documents(template):
            for variant in variants(template, document):
                everything.append({"place": f"{path.name} {place}", "kind": kind, "document": variant})
    for one in everything:
        for issue, detail in findings(one["document"], one["kind"]):
            excused_by = excuses(issue, one["place"], detail)
            used |= excused_by
            if not excused_by:
                problems.append(f"{one['place']} ({one['kind']}): {issue} {detail}")
    if options.documents:
        options.documents.write_text(json.dumps(everything), encoding="utf-8")
    if not everything:
        problems.append("no policy was found: the templates, or this script, are not what they should be")
    problems += [f"tools/policies.py has an exception that nothing needs: {key}" for key in EXCEPTIONS.keys() - used]
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotResolved as error:
        sys.exit(f"tools/policies.py: a policy has what cannot be resolved: {error}")
