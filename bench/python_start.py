"""What a Python function does before its first event: imports boto3 and pandas, and creates the clients of the job.

Then it polls the runtime API as Lambda's own runtime does, and makes the first call of an invocation. Lambda's runtime
itself is left out, in favour of Python.

    python_start.py credential-report|account-metadata
"""

import http.client
import os
import sys

import boto3
import pandas  # noqa: F401

CLIENTS = {
    "credential-report": ("sts", "organizations", "iam", "s3", "sesv2"),
    "account-metadata": ("sts", "organizations", "dynamodb", "account", "resourcegroupstaggingapi", "s3"),
}


def main() -> None:
    session = boto3.Session()
    clients = {service: session.client(service) for service in CLIENTS[sys.argv[1]]}
    runtime_api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    runtime_api.request("GET", "/2018-06-01/runtime/invocation/next")
    runtime_api.getresponse().read()
    # The benchmark has seen what it wants to once this arrives, and refuses it.
    clients["sts"].get_caller_identity()


if __name__ == "__main__":
    main()
