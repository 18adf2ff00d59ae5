"""Builds the world in a running emulator, through the AWS API, as the root user of each account.

What no API sets is edited in the state that the emulator saves when it stops: account ids, which it draws by chance,
the age of users and keys, `State` and `Paths`, which AWS answers and this emulator does not, and credential reports.
"""

import concurrent.futures
import datetime
import json
import re

import boto3
import botocore.config

import assumed_roles
import iam_report
import world

WORKERS = 16
CONFIG = botocore.config.Config(retries={"max_attempts": 5, "mode": "standard"}, max_pool_connections=WORKERS)


class Builder:
    """Makes the world's parts, several accounts at a time."""

    def __init__(self, emulator, organizations, first_day, now):
        self.emulator = emulator
        self.organizations = organizations
        self.calendar = iam_report.Calendar(first_day, now)
        self.session = boto3.Session()
        self.session.client("iam", region_name=world.REGION, aws_access_key_id="-", aws_secret_access_key="-")
        self.renamed = {}
        self.keys = {}

    def client(self, service, account, region=world.REGION):
        """A client as the account's root user: to this emulator the account id is its access key."""
        return self.session.client(
            service,
            region_name=region,
            endpoint_url=self.emulator.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key="demo",
            config=CONFIG,
        )

    def accounts(self):
        return [account for tenant in self.organizations.values() for account in tenant.accounts]

    @staticmethod
    def each(function, items):
        """Calls the function for every item, some at a time; the first failure is raised."""
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            try:
                return list(pool.map(function, items))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    # What is kept over the restart: Organizations, and IAM.

    def build_lasting(self, callers):
        """Organizations with their accounts; users; and the roles, which trust the callers, given by their ARNs."""
        self.each(self._organization, self.organizations.values())
        self.each(self._users, self.accounts())
        if callers:
            self.build_roles(callers)

    def build_roles(self, callers):
        """The roles in all accounts, which trust the callers."""
        self.each(lambda pair: self._roles(*pair, callers), self._pairs())

    def _pairs(self):
        return [(tenant, account) for tenant in self.organizations.values() for account in tenant.accounts]

    def _organization(self, tenant):
        client = self.client("organizations", tenant.management.id)
        described = client.describe_organization()["Organization"]
        self.renamed[described["Id"]] = tenant.id
        root = client.list_roots()["Roots"][0]["Id"]
        self.renamed[root] = f"r-{world.number(tenant.id, 4)}"
        units = {name: client.create_organizational_unit(ParentId=root, Name=name) for name in tenant.units}
        units = {name: answer["OrganizationalUnit"]["Id"] for name, answer in units.items()}
        for name, unit in units.items():
            self.renamed[unit] = f"ou-{world.number(tenant.id, 4)}-{world.number(name, 8)}"
        client.tag_resource(ResourceId=tenant.management.id, Tags=tags(tenant.management.tags))
        for account in tenant.members:
            # Any e-mail address will do: no output has it.
            made = client.create_account(
                AccountName=account.name, Email=f"aws+{account.id}@example.com", Tags=tags(account.tags)
            )["CreateAccountStatus"]["AccountId"]
            self.renamed[made] = account.id
            if account.unit:
                client.move_account(AccountId=made, SourceParentId=root, DestinationParentId=units[account.unit])
            if account.state in ("SUSPENDED", "CLOSED"):
                client.close_account(AccountId=made)

    def _users(self, account):
        if not account.users:
            return
        client = self.client("iam", account.id)
        for user in account.users:
            client.create_user(UserName=user.name, Path="/people/")
            if user.password:
                client.create_login_profile(UserName=user.name, Password="Demo-only-7f3c41d2")
            if user.mfa:
                name = re.sub(r"\W", "-", user.name)
                device = client.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
                client.enable_mfa_device(
                    UserName=user.name,
                    SerialNumber=device["SerialNumber"],
                    AuthenticationCode1="123456",
                    AuthenticationCode2="654321",
                )
            for key in user.keys:
                key_id = client.create_access_key(UserName=user.name)["AccessKey"]["AccessKeyId"]
                self.keys[key_id] = key
                if not key.active:
                    client.update_access_key(UserName=user.name, AccessKeyId=key_id, Status="Inactive")

    def _roles(self, tenant, account, callers):
        """The roles that members and management accounts have: they trust exact callers, with an external id."""
        client = self.client("iam", account.id)
        trusted = (account.id, callers, tenant.external_id)
        if account is tenant.management or account is world.member_that_is_a_tenant(self.organizations):
            assumed_roles.create(client, assumed_roles.management_role(*trusted))
        if account is not tenant.management and account.role != "none":
            assumed_roles.create(client, assumed_roles.member_role(*trusted, account.role))

    # What the emulator's state is edited for while it is stopped.

    def edit_state(self):
        """Gives ids, dates, states and paths their values, and leaves nothing but Organizations and IAM."""
        for path in self.emulator.state.glob("*.json"):
            if path.name not in ("organizations.json", "iam.json"):
                path.unlink()
        self._edit("organizations.json", self._edit_organizations, renamed=self.renamed)
        self._edit("iam.json", self._edit_iam)

    def _edit(self, name, edit, renamed=None):
        path = self.emulator.state / name
        text = path.read_text(encoding="utf-8")
        if renamed:
            text = re.sub("|".join(map(re.escape, renamed)), lambda match: renamed[match.group()], text)
        state = json.loads(text)
        edit({store: scoped["data"] for store, scoped in state["payload"].items() if isinstance(scoped, dict)})
        path.write_text(json.dumps(state), encoding="utf-8")

    def _edit_organizations(self, stores):
        parents = {unit["Id"]: unit["_ParentId"] for unit in stores["ous"].values()}
        for tenant in self.organizations.values():
            for account in tenant.accounts:
                record = stores["accounts"][scoped(tenant.management.id, account.id)]
                record["Name"] = account.name
                if tenant.answers_state:
                    record["State"] = account.state
                    record["Status"] = "SUSPENDED" if account.state == "CLOSED" else account.state
                    record["Paths"] = [f"{path_of(tenant.id, record['_ParentId'], parents)}/{account.id}/"]
        self._edit_member_that_is_a_tenant(stores)

    def _edit_member_that_is_a_tenant(self, stores):
        # A member account belongs to its management account's Organization; the emulator gives it one of its own.
        member = world.member_that_is_a_tenant(self.organizations)
        owner = self.organizations["C"].management.id
        stores["orgs"][scoped(member.id, "self")] = stores["orgs"][scoped(owner, "self")]

    def _edit_iam(self, stores):
        home = self.organizations["A"].management
        for account in self.accounts():
            users = (*account.users, world.OPERATOR) if account is home else account.users
            arns = {}
            for user in users:
                record = stores["users"][scoped(account.id, user.name)]
                record["CreateDate"] = self.calendar.days_ago(user.age)
                arns[user] = record["Arn"]
            if account.root:
                stores["credential_reports"][scoped(account.id, "report")] = {
                    "content": iam_report.text(account, arns, self.calendar),
                    "generated_time": iam_report.written(datetime.datetime.now(datetime.timezone.utc)),
                }
        for record in stores["access_keys"].values():
            key = self.keys.get(record.get("AccessKeyId"))
            if key:
                record["CreateDate"] = self.calendar.days_ago(key.age)

    # What is made after the restart.

    def build_resources(self):
        """Tagged resources in every account."""
        self.each(self._resources, self.accounts())

    def build_bucket(self, bucket):
        """The bucket of the reports."""
        self.client("s3", self.organizations["A"].management.id).create_bucket(Bucket=bucket)

    def _resources(self, account):
        for region, kind in account.resources:
            make_resource(self.client(kind, account.id, region), kind, account.id, region)

    def build_table(self):
        """The tenants table, by a key that lets in what no tenant should be."""
        self.make_table(world.TABLE, "item_id")
        self.put_tenants(world.TABLE, world.tenant_items(self.organizations))

    def make_table(self, name, key):
        """A table of the functions' account, by a key that is a string."""
        self.client("dynamodb", self.organizations["A"].management.id).create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def put_tenants(self, table, items):
        """Puts the items into a table of the functions' account."""
        client = self.client("dynamodb", self.organizations["A"].management.id)
        for item in items:
            client.put_item(TableName=table, Item={name: typed(value) for name, value in item.items()})


def typed(value):
    """A value as DynamoDB takes it."""
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def make_resource(client, kind, account, region):
    """One tagged resource."""
    name = f"demo-{account}-{region}"
    if kind == "sqs":
        client.create_queue(QueueName=name, tags={"purpose": "demo"})
    elif kind == "sns":
        client.create_topic(Name=name, Tags=tags({"purpose": "demo"}))
    elif kind == "dynamodb":
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=tags({"purpose": "demo"}),
        )
    elif kind == "s3":
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != world.REGION else {}
        client.create_bucket(Bucket=name, **elsewhere)
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags({"purpose": "demo"})})
    elif kind == "cloudfront":
        # A global service: its resources are listed, and prove no region.
        origin = {"Id": "origin", "DomainName": "example.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
        distribution = {
            "CallerReference": name,
            "Comment": "demo",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {"TargetOriginId": "origin", "ViewerProtocolPolicy": "https-only"},
        }
        client.create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": distribution,
                "Tags": {"Items": tags({"purpose": "demo"})},
            }
        )
    else:
        raise ValueError(kind)


def tags(pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def scoped(account, key):
    """A key of the emulator's saved state."""
    return f"{account}\0{key!r}"


def path_of(organization, parent, parents):
    """Organization, root and organizational units, from the top."""
    above = [parent]
    while above[0] in parents:
        above.insert(0, parents[above[0]])
    return "/".join([organization, *above])
