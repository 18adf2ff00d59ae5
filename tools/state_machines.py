"""Writes the state machines of a SAM template as a CloudFormation template with their definitions in it, for cfn-lint.

    state_machines.py TEMPLATE OUTPUT

cfn-lint does not look into a file that DefinitionUri names. Substitutions become sample values; one that only the file
or only the template has is a problem, which is printed, and the exit code is 1.
"""

import json
import pathlib
import re
import sys

from samtranslator.yaml_helper import yaml_parse

PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9_]+)\}")
SAMPLES = {"Partition": "aws", "FunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:sample"}
# JSONata may compute these, which cfn-lint does not know.
NUMBERS = {
    *("HeartbeatSeconds", "MaxConcurrency", "MaxItems", "MaxItemsPerBatch", "MaxInputBytesPerBatch", "Seconds"),
    *("TimeoutSeconds", "ToleratedFailureCount", "ToleratedFailurePercentage"),
}


def with_samples(value, name=""):
    """A definition with sample values for what is substituted, and for numbers that are computed."""
    if isinstance(value, dict):
        return {key: with_samples(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [with_samples(one) for one in value]
    if not isinstance(value, str):
        return value
    if name in NUMBERS and value.startswith("{%"):
        return 1
    return PLACEHOLDER.sub(lambda match: SAMPLES.get(match[1], match[1]), value)


def misplaced(value, name=""):
    """Where States.ALL is neither alone nor last among Retry or Catch, which AWS refuses."""
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in misplaced(inner, key)]
    if not isinstance(value, list):
        return []
    found = [one for inner in value for one in misplaced(inner)]
    if name in ("Retry", "Catch"):
        caught = [one.get("ErrorEquals", []) for one in value]
        places = [place for place, errors in enumerate(caught) if "States.ALL" in errors]
        if any(place != len(caught) - 1 or len(caught[place]) > 1 for place in places):
            found.append(f"States.ALL has to stand alone and last: {name} of {caught}")
    return found


def main(template_path, output):
    resources, problems = {}, []
    template = yaml_parse(template_path.read_text(encoding="utf-8"))
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::Serverless::StateMachine":
            continue
        path = template_path.parent / resource["Properties"]["DefinitionUri"]
        text = path.read_text(encoding="utf-8")
        try:
            definition = json.loads(text)
        except json.JSONDecodeError as error:
            problems.append(f"{path.name}: {error}")
            continue
        problems += [f"{path.name}: {one}" for one in misplaced(definition)]
        given = set(resource["Properties"].get("DefinitionSubstitutions", {}))
        used = set(PLACEHOLDER.findall(text))
        problems += [f"{logical_id}: {path.name} needs the substitution {name}" for name in sorted(used - given)]
        problems += [f"{logical_id}: {path.name} does not use the substitution {name}" for name in sorted(given - used)]
        resources[logical_id] = {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": "arn:aws:iam::123456789012:role/sample",
                "Definition": with_samples(definition),
            },
        }
    # A template needs a resource.
    resources = resources or {"None": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    output.write_text(json.dumps({"Resources": resources}, indent=1), encoding="utf-8")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
