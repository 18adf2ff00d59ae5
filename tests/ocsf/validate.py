"""Holds OCSF Compliance Findings, JSON lines from files or from standard input, against two implementations of the schema
that are not ours: the models of py-ocsf-models, and the JSON schema that ocsf-json-schema makes of the published one.

Prints how many are valid; or, on standard error, what is wrong with each that is not, and ends with 1.
"""

import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models import OCSF_VERSION
from py_ocsf_models.events.findings.activity_id import ActivityID
from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
from py_ocsf_models.events.findings.severity_id import SeverityID
from py_ocsf_models.events.findings.status_id import StatusID
from py_ocsf_models.objects.cloud import Cloud
from py_ocsf_models.objects.compliance_status import StatusID as ComplianceStatusID

CLASS = "compliance_finding"
PROFILES = ["cloud"]

# Attributes of the schema that the models do not have. A model passes over what it does not know, so that these are
# taken out by name, and anything else that a model passes over is an error.
NOT_IN_MODELS = {"": {"cloud"}, "compliance": {"status", "status_details"}}

# An attribute with a number, the one with its name, and how the models name the numbers.
NAMES_IN_MODELS = [
    (("activity_id",), ("activity_name",), ActivityID),
    (("severity_id",), ("severity",), SeverityID),
    (("status_id",), ("status",), StatusID),
    (("compliance", "status_id"), ("compliance", "status"), ComplianceStatusID),
]


class Invalid(Exception):
    """The event is not what the schema says."""


def main(paths):
    schema = get_ocsf_schema(version=OCSF_VERSION)
    json_schema = OcsfJsonSchemaEmbedded(schema).get_class_schema(CLASS, profiles=PROFILES)
    validator = jsonschema.Draft202012Validator(json_schema)
    count, problems = 0, 0
    for name, content in contents(paths):
        # Split at line feeds only: text may have other characters that Python takes for the end of a line.
        lines = content.split(b"\n")
        if lines.pop() != b"":
            sys.exit(f"{name}: the last line does not end with a line feed")
        for number, line in enumerate(lines, start=1):
            try:
                event = parse(line)
                check_with_json_schema(event, validator)
                check_attributes(event, schema, schema["classes"][CLASS], ())
                check_with_models(event)
            except (Invalid, ValueError) as error:
                print(f"{name}:{number}: {' '.join(str(error).split())}", file=sys.stderr)
                problems += 1
            count += 1
    if problems:
        sys.exit(f"{problems} of {count} findings are not valid")
    print(f"{count} findings are valid")


def contents(paths):
    if not paths:
        yield "standard input", sys.stdin.buffer.read()
    for path in paths:
        with open(path, "rb") as file:
            yield path, file.read()


def parse(line):
    def members(pairs):
        if len(dict(pairs)) != len(pairs):
            raise Invalid("an attribute is there twice")
        return dict(pairs)

    def constant(text):
        raise Invalid(f"{text} is no JSON")

    event = json.loads(line.decode("utf-8"), object_pairs_hook=members, parse_constant=constant)
    if not isinstance(event, dict):
        raise Invalid("a line is not an object")
    return event


def check_with_json_schema(event, validator):
    error = jsonschema.exceptions.best_match(validator.iter_errors(event))
    if error is not None:
        raise Invalid(f"{error.json_path}: {error.message}")
    version = event["metadata"]["version"]
    if version != OCSF_VERSION or event["metadata"].get("profiles") != PROFILES:
        raise Invalid(f"the event says that it follows {version} with {event['metadata'].get('profiles')}")


def check_attributes(value, schema, definition, path):
    """What JSON schema does not see: numbers have their names beside them, and nothing is deprecated."""
    if definition.get("name") == "object":
        # What is unmapped has no definition.
        return
    for name, held in value.items():
        attribute = definition["attributes"][name]
        where = ".".join((*path, name))
        if "@deprecated" in attribute:
            raise Invalid(f"{where} is deprecated: {attribute['@deprecated']['message']}")
        sibling = attribute.get("sibling")
        if "enum" in attribute and sibling in definition["attributes"]:
            caption = attribute["enum"][str(held)]["caption"]
            if value.get(sibling) != caption:
                raise Invalid(f"{where} is {held}, {caption}, where {sibling} is {value.get(sibling)!r}")
        if attribute["type"] == "object_t":
            for one in held if isinstance(held, list) else [held]:
                check_attributes(one, schema, schema["objects"][attribute["object_type"]], (*path, name))


def check_with_models(event):
    known = without(event, NOT_IN_MODELS[""])
    known["compliance"] = without(event["compliance"], NOT_IN_MODELS["compliance"])
    check_with_model(ComplianceFinding, known)
    check_with_model(Cloud, event["cloud"])
    if event["type_uid"] != event["class_uid"] * 100 + event["activity_id"]:
        raise Invalid(f"type_uid is {event['type_uid']}")
    for number_path, name_path, names in NAMES_IN_MODELS:
        number, name = at(event, number_path), at(event, name_path)
        if names(number).name != name.replace(" ", ""):
            raise Invalid(f"{'.'.join(number_path)} is {number}, where {'.'.join(name_path)} is {name!r}")


def check_with_model(model, value):
    dumped = model.model_validate_json(json.dumps(value), strict=True).model_dump(mode="json", exclude_unset=True)
    if dumped != value:
        raise Invalid(f"{model.__name__} takes it for {json.dumps(dumped)}")


def without(value, names):
    return {name: held for name, held in value.items() if name not in names}


def at(value, path):
    for name in path:
        value = value[name]
    return value


if __name__ == "__main__":
    main(sys.argv[1:])
