"""The demo's world with the project deployed in it by `sam deploy`, as somebody deploys it into an account."""

import json

import world
from emulated import EmulatedWorld

import cloudformation
from sam import Sam

STACK = "orgscan"
# Where sam keeps the bucket that it uploads to.
SAM_STACK = "aws-sam-cli-managed-default"
PACKAGED = "packaged.yaml"


class Deployed(EmulatedWorld):
    """The world on its first day, and a stack in the management account of the first Organization."""

    def __init__(self, folder, sam_program):
        super().__init__(folder)
        self.sam_program = sam_program
        self.bucket = None

    def parameters(self):
        """What `make demo` sets, for this template; and the StackSet for all accounts of the own Organization."""
        root = self.of_home("organizations").list_roots()["Roots"][0]["Id"]
        return {
            "MemberRoleTargets": root,
            "OrganizationId": self.organizations["A"].id,
            **super().parameters(),
        }

    def deploy(self, template, stack=STACK, parameters=None):
        """Deploys a template that is built; answers what sam printed."""
        return self._sam().deploy(template, stack, self.parameters() if parameters is None else parameters)

    def delete(self, folder):
        """Deletes the stack that the folder's samconfig.toml names; answers what sam printed."""
        return self._sam().delete(folder)

    def _sam(self):
        return Sam(self.sam_program, self.aws.endpoint, self.home, self.folder, self.of_home("cloudformation"))

    def packaged(self, stack=STACK):
        """Puts the template that sam deployed, which names what it uploaded, beside that; answers its URL."""
        body = self.of_home("cloudformation").get_template(StackName=stack)["TemplateBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        bucket = self.outputs(SAM_STACK)["SourceBucket"]
        self.of_home("s3").put_object(Bucket=bucket, Key=PACKAGED, Body=text.encode())
        return f"https://s3.{world.REGION}.amazonaws.com/{bucket}/{PACKAGED}"

    def of_home(self, service):
        """A client of the account that the stack is in."""
        return self.builder.client(service, self.home)

    def tenants(self):
        """Puts those tenants into the stack's table that it can hold: none without an id, none twice."""
        items = [one for one in world.tenant_items(self.organizations) if isinstance(one.get("tenant_id"), str)]
        self.builder.put_tenants(self.outputs()["TenantsTableName"], items)
        return len({one["tenant_id"] for one in items})

    def outputs(self, stack=STACK):
        """The outputs of the stack, by their names."""
        return cloudformation.outputs(self.of_home("cloudformation"), stack)
