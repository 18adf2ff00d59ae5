"""Holds JSON lines against a JSON Schema: `validate.py SCHEMA LINES`.

Prints how many are valid; or, on standard error, what is wrong with the first that is not, and ends with 1.
"""

import json
import pathlib
import sys

import jsonschema


def main(schema_path, lines_path):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    if schema["$schema"] != "https://json-schema.org/draft/2020-12/schema":
        sys.exit(f"{schema_path} is of another draft: {schema['$schema']}")
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    lines = pathlib.Path(lines_path).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        for error in validator.iter_errors(json.loads(line)):
            sys.exit(f"{lines_path}:{number}: {error.json_path}: {error.message}")
    print(len(lines), "valid")


if __name__ == "__main__":
    main(*sys.argv[1:])
