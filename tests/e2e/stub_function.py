"""A function that shows whether the tests' runtime API does what Lambda's does: it answers, fails or exits as told."""

import json
import os
import sys
import urllib.request

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"


def post(path, value):
    request = urllib.request.Request(f"{RUNTIME}/{path}", data=json.dumps(value).encode(), method="POST")
    urllib.request.urlopen(request).read()


if os.environ.get("STUB") == "fails to start":
    post("init/error", {"errorType": "StubInit", "errorMessage": "settings are missing"})
    sys.exit(1)

print("the stub starts", flush=True)
while True:
    with urllib.request.urlopen(f"{RUNTIME}/invocation/next") as response:
        headers, event = dict(response.headers), json.load(response)
    headers = {name.lower(): value for name, value in headers.items()}
    request_id = headers["lambda-runtime-aws-request-id"]
    match event:
        case "fail":
            post(f"invocation/{request_id}/error", {"errorType": "StubError", "errorMessage": "told to fail"})
        case "exit":
            print("the stub exits", file=sys.stderr, flush=True)
            sys.exit(7)
        case _:
            answer = {"event": event, "headers": headers, "environment": dict(os.environ)}
            post(f"invocation/{request_id}/response", answer)
            print("the stub answered", flush=True)
