"""Calls that states make: by the state machine's role, with S3 objects, and with throttles as AWS names them."""

import json

import executions
import rights
import storage_authorization
from ministack import app
from ministack.core.responses import get_account_id, get_region
from ministack.services import stepfunctions


# What a call needs, and the error that AWS gives where the role may not.
LAMBDA_DENIED = "Lambda.AWSLambdaException"
DYNAMODB_DENIED = "DynamoDb.DynamoDbException"
S3_DENIED = "S3.S3Exception"


def with_rights(invoke):
    """Calls that the state machine's role may make, with no more data than the quota."""

    def invoke_limited(resource, given):
        executions.limit(resource, given)
        result = invoke_as_role(resource, given)
        executions.limit(resource, result)
        return result

    def invoke_as_role(resource, given):
        service = resource.split(":::", 1)[-1]
        if service == "lambda:invoke":
            rights.need("lambda:InvokeFunction", given["FunctionName"], LAMBDA_DENIED)
        elif service.startswith("aws-sdk:dynamodb:"):
            rights.need(_action(service), _table(given["TableName"]), DYNAMODB_DENIED)
        elif service in ("aws-sdk:s3:getObject", "aws-sdk:s3:putObject"):
            rights.need(_action(service), f"arn:aws:s3:::{given['Bucket']}/{given['Key']}", S3_DENIED)
            return get_object(given) if service.endswith("getObject") else put_object(given)
        else:
            # It would be called without a look at the role's rights.
            raise stepfunctions._ExecutionError("States.Runtime", f"the emulator does not know what {resource} takes")
        return invoke(resource, given)

    return invoke_limited


def _action(service):
    _, name, operation = service.split(":")
    return f"{name}:{operation[0].upper()}{operation[1:]}"


def _table(name):
    return name if name.startswith("arn:") else f"arn:aws:dynamodb:{get_region()}:{get_account_id()}:table/{name}"


def get_object(given):
    """An object, whose body is text."""
    headers, body = _s3("GET", given, b"")
    return {"Body": body.decode(), "ContentLength": len(body), "ETag": headers.get("etag", "")}


def put_object(given):
    """Writes an object; what is no text is written as JSON."""
    body = given["Body"] if isinstance(given["Body"], str) else json.dumps(given["Body"], ensure_ascii=False)
    headers, _ = _s3("PUT", given, body.encode())
    return {"ETag": headers.get("etag", "")}


def _s3(method, given, body):
    # The role's rights are checked here; to the emulator the account's id is its root user's access key.
    credential = f"{get_account_id()}/20260101/{get_region()}/s3/aws4_request"
    headers = {
        "host": f"s3.{get_region()}.amazonaws.com",
        "authorization": f"AWS4-HMAC-SHA256 Credential={credential}",
        "content-length": str(len(body)),
    }
    for field, header in (("ContentType", "content-type"), ("ExpectedBucketOwner", "x-amz-expected-bucket-owner")):
        if field in given:
            headers[header] = given[field]
    _need(storage_authorization.needed_before(method, given["Bucket"], headers, {}))
    answer = app.call_service_handler_sync(
        app.SERVICE_HANDLERS["s3"], method, f"/{given['Bucket']}/{given['Key']}", headers, body, {}
    )
    _need(storage_authorization.needed_after(method, given["Bucket"], {}, answer))
    status, answered, text = answer
    if status >= 400:
        code = "S3.NoSuchKeyException" if status == 404 else S3_DENIED
        raise stepfunctions._ExecutionError(code, (text or b"").decode())
    return {name.lower(): value for name, value in answered.items()}, text or b""


def _need(more):
    """What a read or a write takes besides the action itself, such as a right on the object's key."""
    if more:
        rights.need(*more, S3_DENIED)


def with_throttles(call):
    """A function that is throttled fails as Lambda's API does, not as a function."""

    def call_function(reference, event):
        try:
            return call(reference, event)
        except stepfunctions._ExecutionError as error:
            if '"TooManyRequestsException"' in error.cause:
                answer = json.loads(error.cause)
                cause = f"{answer['message']} (Service: Lambda, Status Code: 429)"
                raise stepfunctions._ExecutionError("Lambda.TooManyRequestsException", cause) from None
            raise

    return call_function
