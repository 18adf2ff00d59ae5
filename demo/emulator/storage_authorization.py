"""What Amazon S3 checks besides the action itself, and the emulator does not.

Amazon S3 API Reference, GetObject and HeadObject: for an object that is not there S3 answers 404 to who has
s3:ListBucket on the bucket, and 403 to who has not.

Amazon S3 User Guide, "Verifying bucket ownership with bucket owner condition": a request that expects another owner than the
bucket has is answered 403.

Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys" and "Multipart upload API and permissions": a
write needs kms:GenerateDataKey on the key, a read kms:Decrypt, and a multipart upload both.
"""

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import s3

EXPECTED_OWNER = "x-amz-expected-bucket-owner"
KEY_OF = "x-amz-server-side-encryption-aws-kms-key-id"


def fill():
    """Patches the emulator in this process, before it starts."""
    app.SERVICE_HANDLERS["s3"] = checked(app.SERVICE_HANDLERS["s3"])


def checked(handle):
    async def handle_request(method, path, headers, body, query_params):
        bucket, _, key = path.strip("/").partition("/")
        expected = headers.get(EXPECTED_OWNER)
        if app.AUTH and expected and s3._bucket_owner_account(bucket) not in (None, expected):
            return s3._error("AccessDenied", "Access Denied", 403, path)
        # Only a signed request is somebody's; the emulator's own calls are not.
        is_checked = app.AUTH and key and headers.get("authorization")
        before = needed_before(method, bucket, headers, query_params) if is_checked else None
        if before and (denied := denial(*before, headers, query_params)):
            return denied
        answer = await handle(method, path, headers, body, query_params)
        after = needed_after(method, bucket, query_params, answer) if is_checked else None
        return (denial(*after, headers, query_params) if after else None) or answer

    return handle_request


def needed_before(method, bucket, headers, query_params):
    """The action on a key that a write needs, if any."""
    if method not in ("PUT", "POST"):
        return None
    upload = (query_params.get("uploadId") or [None])[0]
    if upload:
        begun = s3._multipart_uploads.get(upload) or {}
        return on_key("kms:Decrypt", begun.get("preserved_headers", {}))
    # Anything else is about a part of the object, such as its tags.
    if set(query_params) - {"x-id", "uploads"}:
        return None
    encryption, refused = s3._resolve_sse_write_headers(headers, bucket)
    return None if refused else on_key("kms:GenerateDataKey", encryption)


def needed_after(method, bucket, query_params, answer):
    """What a read needs for this answer: the key of what is there, or the right to know that nothing is."""
    status, headers, _body = answer
    if method not in ("GET", "HEAD") or set(query_params) - {"x-id"}:
        return None
    if status == 404 and s3._buckets.get(bucket) is not None:
        return "s3:ListBucket", f"arn:aws:s3:::{bucket}"
    return on_key("kms:Decrypt", headers) if method == "GET" and status < 300 else None


def on_key(action, headers):
    key = {name.lower(): value for name, value in headers.items()}.get(KEY_OF)
    return (action, key) if key else None


def denial(action, resource, headers, query_params):
    """S3's answer where the caller may not; nothing where it may."""
    region = app.extract_region(headers, query_params)
    service = action.partition(":")[0]
    caller = app.extract_access_key_id(headers, query_params)
    denied = iam_evaluator.enforce(caller, action, service, region, resource_arn=resource)
    if denied is None or isinstance(denied, iam_evaluator.AuthError):
        return None
    return iam_actions.access_denied_response(
        "s3", action, denied.principal_arn, "", headers=headers, resource_arn=resource
    )
