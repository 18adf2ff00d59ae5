"""Makes one AWS call: call.py SERVICE OPERATION ARGUMENTS_AS_JSON, and prints its answer as JSON."""

import json
import sys

import boto3

service, operation, arguments = sys.argv[1:]
answer = getattr(boto3.client(service), operation)(**json.loads(arguments))
answer.pop("ResponseMetadata", None)


def plain(value):
    """Bodies as text, dates as they print."""
    return value.read().decode() if hasattr(value, "read") else str(value)


print(json.dumps(answer, default=plain))
