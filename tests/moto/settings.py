"""The settings of both functions in a generated world."""

import json

from contents import FEW_REGIONS

TABLE = "tenants"
ORGANIZATION_ROLE = "OrganizationReader"
MADE_BY_AWS = "OrganizationAccountAccessRole"


def settings(world):
    seed, choose = world.seed, world.choose
    both = {"OUTPUT_BUCKET": world.bucket}
    if choose("OUTPUT_PREFIX", seed % 2 == 1):
        both["OUTPUT_PREFIX"] = "reports/daily/"
    if world.external_id:
        both["EXTERNAL_ID"] = world.external_id
    guard = ("", "all", "off", "mail")[seed % 4]
    if guard:
        world.features.add(f"CSV_FORMULA_GUARD={guard}")
        both["CSV_FORMULA_GUARD"] = guard
    members = [account.id for _, _, accounts in world.organizations for account in accounts]
    if choose("ACCOUNTS_EXCLUDE", seed % 3 == 0):
        both["ACCOUNTS_EXCLUDE"] = ",".join(world.random.sample(members, 2))
    if choose("ACCOUNTS_INCLUDE", seed % 8 == 5):
        both["ACCOUNTS_INCLUDE"] = ", ".join(world.random.sample(members, len(members) * 2 // 3))
    tenants = {"DYNAMO_TABLE_NAME": TABLE, "CROSS_ACCOUNT_ROLE_NAME": ORGANIZATION_ROLE}
    if "TENANT_FILTER" in world.features:
        tenants["TENANT_FILTER"] = json.dumps(
            {
                "tenant_type": ["Cloud Usage", world.group],
                "tenant_status": "Active",
                "cloud_service_provider": ["AWS"],
            }
        )
    inventory = both | tenants
    role, via = world.member_role
    inventory |= {"MEMBER_ROLE_NAME": role} if role else {}
    inventory |= {"MEMBER_ROLE_VIA": via} if via else {}
    if world.regions == "off":
        inventory["REGION_DETECTION"] = "off"
    if world.regions == "fixed":
        inventory["REGIONS"] = ",".join(reversed(FEW_REGIONS))
    if choose("REGION_GROUPS", seed % 3 == 2):
        groups = {"AMERICAS": ["us-east-1", "us-west-2", "sa-east-1"], "AFRICA": ["af-south-1"]}
        inventory["REGION_GROUPS"] = json.dumps(groups)
    if choose("RESOURCE_TYPES", seed % 8 == 3):
        inventory["RESOURCE_TYPES"] = "sqs,dynamodb:table"
    if choose("ENVIRONMENT_TAG_KEYS", seed % 4 == 2):
        inventory |= {"ENVIRONMENT_TAG_KEYS": "env, Environment", "AIDE_ID_TAG_KEYS": "AideId,aide-id"}
    if world.account_tags == "listed" and choose("TAG_SOURCE=tagging", seed % 8 == 4):
        inventory["TAG_SOURCE"] = "tagging"
    elif choose("TAG_SOURCE=organizations", seed % 5 == 3):
        inventory["TAG_SOURCE"] = "organizations"
    elif world.account_tags == "listed" and choose("TAG_VERIFY_LIMIT", seed % 8 in (0, 7)):
        inventory["TAG_VERIFY_LIMIT"] = "2"
    audit = both | (tenants if world.audit_all else {})
    role, via = world.audit_role
    audit |= {"MEMBER_ROLE_NAME": role, "MEMBER_ROLE_VIA": via} if role != MADE_BY_AWS else {}
    return {"account-metadata": inventory, "credential-report": audit}
