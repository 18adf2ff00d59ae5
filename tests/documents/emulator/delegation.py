"""Who may ask AWS Organizations, and what AWS CloudFormation may do in it.

AWS Organizations User Guide, "Delegated administrator for AWS services": a member account that a management account has
registered may call the operations that read; DescribeOrganization is for every account. AWS CloudFormation User Guide,
"Activate trusted access for StackSets with Organizations" and "Register a delegated administrator account".
"""

import contextlib

import authorization
import stack_sets
from ministack.core.responses import error_response_json, get_account_id, set_request_account_id
from ministack.services import organizations
from ministack.services.cloudformation import handlers, helpers

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
# Of what the emulator answers, what a delegated administrator may read.
READS = {
    "DescribeAccount",
    "DescribeOrganizationalUnit",
    "ListAccounts",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListParents",
    "ListRoots",
    "ListTagsForResource",
}
# Service principals by the account that administers them, and management accounts with trusted access for StackSets.
administrators = {}
trusting = set()


def fill():
    """Patches the emulator in this process, before it starts."""
    organizations._DISPATCH["RegisterDelegatedAdministrator"] = _register
    organizations._DISPATCH["DeregisterDelegatedAdministrator"] = _deregister
    for operation, answer in list(organizations._DISPATCH.items()):
        organizations._DISPATCH[operation] = _for_members(operation, answer)
    handlers._ACTION_HANDLERS["ActivateOrganizationsAccess"] = _activate
    # The demo's emulator takes it from there.
    authorization.replace(stack_sets, "_create", _trusted)


@contextlib.contextmanager
def acting_for(account):
    """Something is done as if a request had come from the account."""
    before = get_account_id()
    set_request_account_id(account)
    try:
        yield
    finally:
        set_request_account_id(before)


def _for_members(operation, answer):
    """A member account is answered of its own Organization, and not as the management account of another one."""

    def answered(payload):
        caller = get_account_id()
        management = authorization.management_account(caller)
        may = operation == "DescribeOrganization" or (operation in READS and administrators.get(caller))
        if caller == management or may:
            with acting_for(management):
                return answer(payload)
        return error_response_json(
            "AccessDeniedException", "You don't have permissions to access this resource.", 400
        )

    return answered


def _register(payload):
    account, service = payload["AccountId"], payload["ServicePrincipal"]
    if account == get_account_id() or authorization.management_account(account) != get_account_id():
        return error_response_json("AccountNotFoundException", f"{account} is no member of this organization.", 400)
    if service == STACK_SETS and get_account_id() not in trusting:
        return error_response_json(
            "AccessDeniedForDependencyException", "Trusted access for StackSets is not activated.", 400
        )
    if service in administrators.get(account, set()):
        return error_response_json("AccountAlreadyRegisteredException", f"{account} is registered already.", 400)
    administrators.setdefault(account, set()).add(service)
    return organizations._json(200, {})


def _deregister(payload):
    try:
        administrators.get(payload["AccountId"], set()).remove(payload["ServicePrincipal"])
    except KeyError:
        return error_response_json("AccountNotRegisteredException", "It is not registered.", 400)
    return organizations._json(200, {})


def _activate(_params):
    caller = get_account_id()
    if caller != authorization.management_account(caller):
        return helpers._error("InvalidOperation", "Only the management account may activate trusted access")
    trusting.add(caller)
    return helpers._xml(200, "ActivateOrganizationsAccessResponse", "<ActivateOrganizationsAccessResult/>")


def may_make_stack_sets(call_as):
    """Why the caller may not have a StackSet with service-managed permissions; nothing where it may."""
    caller = get_account_id()
    management = authorization.management_account(caller)
    if management not in trusting:
        return "You must enable organizations access to operate a service managed stack set"
    if (call_as == "DELEGATED_ADMIN") != (caller != management):
        return f"{caller} may not call as {call_as or 'SELF'}"
    if caller != management and STACK_SETS not in administrators.get(caller, set()):
        return f"Account used is not a delegated administrator: {caller}"
    return None


def _trusted(create):
    def created(logical_id, properties, stack_name):
        if refused := may_make_stack_sets(properties.get("CallAs")):
            raise ValueError(refused)
        return create(logical_id, properties, stack_name)

    return created
