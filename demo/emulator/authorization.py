"""What AWS checks of a call and the emulator does not, or not as AWS does.

Each patch names the page of AWS that says how it is: the AWS Organizations and Amazon SES pages of the Service
Authorization Reference, and "AWS global condition context keys", "IAM JSON policy elements: Variables and tags" and
"Policy evaluation logic" of the IAM User Guide.
"""

import dataclasses
import email.utils
import json
import re

import storage_authorization
from ministack import app
from ministack.core import iam_actions, iam_evaluator, responses
from ministack.services import iam, organizations, ses_v2

VARIABLE = re.compile(r"\$\{([^}]*)\}")
# ${*}, ${?} and ${$} stand for these characters.
FIXED_VARIABLES = {"*", "?", "$"}
ACCOUNT = re.compile(r"[0-9]{12}")


def fill():
    """Patches the emulator in this process, before it starts."""
    # The calls of AWS Account Management are checked too: Service Authorization Reference, AWS Account Management.
    iam_actions.SERVICE_TO_IAM_NAMESPACE.setdefault("account", "account")
    iam_actions._BOTOCORE_SERVICE_MAP.setdefault("account", ["account"])
    account_resources()
    condition_keys()
    policy_variables()
    sending_mail()
    storage_authorization.fill()


def replace(module, name, make):
    """Puts what `make` makes of a module's function in its place."""
    setattr(module, name, make(getattr(module, name)))


# Which resource a call to AWS Organizations is about.


def account_resources():
    """A call about an account is authorised on `account/<organization>/<account>`, and a list of everything on `*`.

    Service Authorization Reference, AWS Organizations: the resource type `account` is
    arn:${Partition}:organizations::${Account}:account/o-${OrganizationId}/${AccountId}, `Account` being the management
    account; ListTagsForResource, TagResource and DescribeAccount have it, DescribeOrganization and ListAccounts have no
    resource type, which asks for a statement whose resource is `*`.
    """
    replace(iam_actions, "extract_resource_arn", resource_of)


def resource_of(extract):
    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        if service == "organizations":
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            if operation in ("DescribeOrganization", "ListAccounts"):
                return "*"
            named = fields(body)
            account = str(named.get("ResourceId") or named.get("AccountId") or "")
            if ACCOUNT.fullmatch(account):
                return account_arn(account_id, account)
        return extract(service, method, path, headers, body, query_params, region, account_id)

    return extract_resource_arn


def account_arn(caller, account):
    management = management_account(caller)
    organization = organizations._orgs.get_scoped(management, None, "self") or {}
    return f"arn:aws:organizations::{management}:account/{organization.get('Id', 'o-unknown')}/{account}"


def fields(body):
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


# Which Organization an account is in.


def management_account(account):
    """The management account of the Organization that the account is in; an account in none is its own."""
    for owner, member in organizations._accounts._data:
        if member == account and owner != account:
            return owner
    return account


def organization_of(account):
    """The id of the Organization that the account is in, if any.

    The emulator takes every account for the management account of an Organization of its own.
    """
    if not account:
        return None
    found = organizations._orgs.get_scoped(management_account(account), None, "self")
    return found.get("Id") if isinstance(found, dict) else None


# Condition keys.


def condition_keys():
    """aws:PrincipalArn, aws:PrincipalOrgID and aws:ResourceOrgID, by "AWS global condition context keys"."""
    iam_evaluator._principal_org_id = organization_of
    replace(iam_evaluator, "_resolve_condition_key", value_of_key)


def value_of_key(resolve):
    def resolve_condition_key(key, context):
        name = key.lower()
        if name == "aws:principalarn":
            # "For IAM roles, the request context returns the ARN of the role, not the ARN of the user that assumed the
            # role."
            return role_of_session(context.principal_arn)
        if name == "aws:resourceorgid":
            # The Organization of the account that owns the requested resource.
            return organization_of(resolve("aws:ResourceAccount", context))
        return resolve(key, context)

    return resolve_condition_key


def role_of_session(arn):
    """The ARN of the role, its path included, of which this is a session; any other ARN as it is."""
    if ":assumed-role/" not in arn:
        return arn
    account, name = arn.split(":")[4], iam_evaluator._role_name_from_assumed_arn(arn)
    role = iam._roles.get_scoped(account, None, name) or {}
    return role.get("Arn") or f"arn:aws:iam::{account}:role/{name}"


def policy_variables():
    """Variables in resources and in the values of conditions take the values of the request.

    "IAM JSON policy elements: Variables and tags" has both places. Where a variable has no value, the statement matches
    nothing.
    """
    replace(iam_evaluator, "_first_match", with_variables)


def with_variables(first_match):
    def matching(context, statements, effect):
        return first_match(context, [one for one in map(known(context), statements) if one], effect)

    return matching


def known(context):
    """A function that puts the request's values in place of a statement's variables; nothing where one has none."""

    def value(text):
        def one(match):
            name, _, default = match[1].partition(",")
            if name in FIXED_VARIABLES:
                return match[0]
            found = iam_evaluator._resolve_condition_key(name.strip(), context)
            if found is None and not default:
                raise LookupError(name)
            return str(found) if found is not None else default.strip().strip("'")

        return VARIABLE.sub(one, text) if isinstance(text, str) else text

    def values(listed):
        return [value(one) for one in listed] if isinstance(listed, list) else value(listed)

    def statement(one):
        if "${" not in f"{one.resources}{one.not_resources}{one.conditions}":
            return one
        try:
            return dataclasses.replace(
                one,
                resources=values(one.resources),
                not_resources=values(one.not_resources),
                conditions={
                    operator: {key: values(expected) for key, expected in block.items()}
                    for operator, block in one.conditions.items()
                },
            )
        except LookupError:
            return None

    return statement


# Mail.


def sending_mail():
    """SendEmail of SES's second API is authorised on the sender's identity, and on the configuration set if it names
    one, with what is known of the message.

    Service Authorization Reference, Amazon Simple Email Service v2: SendEmail has the resource types `identity`, which
    is required, and `configuration-set`; its condition keys are ses:ApiVersion, ses:FromAddress,
    ses:FromDisplayName and ses:Recipients. Amazon SES Developer Guide, "Creating and verifying identities": the
    settings of an address that is verified itself come before those of its domain.
    """
    replace(app, "_enforce_ses_v2", on_every_resource)


def on_every_resource(enforce):
    def enforce_ses_v2(method, path, headers, body, query_params, request_id):
        if (method, path.rstrip("/")) != ("POST", "/v2/email/outbound-emails"):
            return enforce(method, path, headers, body, query_params, request_id)
        message = fields(body)
        name, address = email.utils.parseaddr(message.get("FromEmailAddress", ""))
        region = app.extract_region(headers, query_params)
        prefix = f"arn:aws:ses:{region}:{responses.get_account_id()}"
        resources = [f"{prefix}:identity/{identity_of(address)}"]
        if message.get("ConfigurationSetName"):
            resources.append(f"{prefix}:configuration-set/{message['ConfigurationSetName']}")
        to = message.get("Destination", {})
        context = {
            "ses:ApiVersion": "2",
            "ses:FromAddress": address,
            "ses:FromDisplayName": name or None,
            "ses:Recipients": [one for kind in ("To", "Cc", "Bcc") for one in to.get(f"{kind}Addresses", [])],
        }
        for resource in resources:
            denied = app._enforce_data_plane(
                "sesv2",
                "ses:SendEmail",
                headers,
                query_params,
                request_id,
                resource_arn=resource,
                service_context=context,
                named_resource=resource,
            )
            if denied:
                return denied
        return None

    return enforce_ses_v2


def identity_of(address):
    """The identity that an address sends with: itself where it is verified, else its domain."""
    domain = address.rpartition("@")[2]
    verified = ses_v2._identities
    return domain if address not in verified and domain in verified else address
