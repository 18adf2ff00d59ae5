"""What Amazon SES does before an address may send mail: it sends a link to it, which a second later is followed here.

Amazon SES Developer Guide, "Creating and verifying identities" and "Request production access": a new account is in the
sandbox, in which senders and recipients have to be verified.
"""

import email.utils
import time

import authorization
from ministack.core.responses import error_response_json, get_region
from ministack.services import ses_v2

LINK_SECONDS = 1


def fill():
    """Patches the emulator in this process, before it starts."""
    authorization.replace(ses_v2, "handle_request", _checked)


def _checked(handle):
    async def handle_request(method, path, headers, body, query_params):
        asked = path.rstrip("/")
        fields = authorization.fields(body)
        if (method, asked) == ("POST", "/v2/email/identities"):
            return await _create(handle, fields, method, path, headers, body, query_params)
        if (method, asked) == ("POST", "/v2/email/outbound-emails") and (refused := _refused(fields)):
            return refused
        for one in ses_v2._identities.values():
            one["VerifiedForSendingStatus"] = _is_verified(one)
        status, answered, content = await handle(method, path, headers, body, query_params)
        if (method, asked) == ("GET", "/v2/email/account"):
            content = content.replace(b'"ProductionAccessEnabled": true', b'"ProductionAccessEnabled": false')
        return status, answered, content

    return handle_request


async def _create(handle, fields, *request):
    name = fields.get("EmailIdentity", "")
    if name in ses_v2._identities:
        return error_response_json("AlreadyExistsException", f"Email identity {name} already exists.", 400)
    status, headers, content = await handle(*request)
    if status == 200:
        ses_v2._identities[name].update(VerifiedForSendingStatus=False, LinkFollowed=time.time() + LINK_SECONDS)
        content = content.replace(b'"VerifiedForSendingStatus": true', b'"VerifiedForSendingStatus": false')
    return status, headers, content


def _is_verified(identity):
    return identity.get("LinkFollowed", 0) <= time.time()


def _refused(message):
    to = message.get("Destination", {})
    named = [message.get("FromEmailAddress", "")]
    named += [one for kind in ("To", "Cc", "Bcc") for one in to.get(f"{kind}Addresses", [])]
    addresses = [email.utils.parseaddr(one)[1] for one in named]
    unknown = [one for one in addresses if not _may(one)]
    if not unknown:
        return None
    return error_response_json(
        "MessageRejected",
        "Email address is not verified. The following identities failed the check in region "
        f"{get_region().upper()}: {', '.join(dict.fromkeys(unknown))}",
        400,
    )


def _may(address):
    identity = ses_v2._identities.get(authorization.identity_of(address))
    return identity is not None and _is_verified(identity)
