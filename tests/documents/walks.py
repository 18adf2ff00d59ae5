"""Who follows which document, and where; and what is not followed here, with who does it instead."""

import dataclasses

import world
from place import BUCKET_OF_REPORTS, MANAGEMENT, ORGANIZATION_ROLE, TOOLING

# Of `orgscan`: something is wrong, or not all was read.
PARTIAL = 2


@dataclasses.dataclass(frozen=True)
class Walk:
    """Blocks of a document in an Organization of their own: those under its headings, one heading after the other."""

    document: str
    headings: tuple
    # Whose administrator has the default credentials.
    account: str
    # The Organization has an account that was invited, and so lets nobody in before the member role is there.
    invited: bool = False
    # The codes that blocks end with in place of 0, by their last line.
    codes: dict = dataclasses.field(default_factory=dict)
    # What the reader puts in place of a name.
    names: dict = dataclasses.field(default_factory=dict)
    # What the reader has set in the environment.
    settings: dict = dataclasses.field(default_factory=dict)
    # Beginnings of blocks that are done while the stack is there: right before it is deleted.
    while_deployed: tuple = ()
    # It ends with the mail.
    mails: bool = False

    @property
    def name(self):
        return f"{self.document}: {', '.join(self.headings)}"

    def takes(self, block):
        return block.document == self.document and bool(set(block.headings) & set(self.headings))

    def order(self, blocks):
        """Those of the blocks that it takes, in the order in which they are run, with the reader's names."""
        excused = [one for one in blocks if any(excuse.takes(one) for excuse in NOT_RUN)]
        taken = [one for one in blocks if self.takes(one) and one not in excused]
        taken.sort(key=lambda one: min(self.headings.index(name) for name in one.headings if name in self.headings))
        early = [one for one in taken if one.text.startswith(self.while_deployed)] if self.while_deployed else []
        rest = [one for one in taken if one not in early]
        if early:
            deleted = next(number for number, one in enumerate(rest) if one.text.startswith("sam delete"))
            rest[deleted:deleted] = early
        return [one.with_names(self.names) for one in rest]


@dataclasses.dataclass(frozen=True)
class NotRun:
    """Blocks of a document that begin with a line, why they are not run here, and what runs them."""

    document: str
    first_line: str
    reason: str
    # A target of the Makefile, or a file of the tests.
    run_by: str

    def takes(self, block):
        return (block.document, block.first_line) == (self.document, self.first_line)


# What has to end with this code where an account was invited, and so has no role yet.
INVITED = {"orgscan doctor credential-report": PARTIAL, "orgscan credential-report": PARTIAL}
# What a deleted stack leaves, asked of AWS in place of the outputs that the reader has noted.
BUCKET = '"$(aws s3api list-buckets --query "Buckets[?starts_with(Name, \'orgscan-\')].Name | [0]" --output text)"'
TABLE = '"$(aws dynamodb list-tables --query "TableNames[0]" --output text)"'
LOG_GROUP = '"$(aws logs describe-log-groups --query "logGroups[0].logGroupName" --output text)"'
# What both jobs need in the environment, and no document says word for word.
OF_A_TERMINAL = {
    "DYNAMO_TABLE_NAME": world.TABLE,
    "CROSS_ACCOUNT_ROLE_NAME": ORGANIZATION_ROLE,
    "OUTPUT_BUCKET": BUCKET_OF_REPORTS,
}

WALKS = (
    Walk(
        "docs/getting-started.md",
        ("What you need", "Path A: in the management account"),
        MANAGEMENT,
        invited=True,
        codes=INVITED,
        mails=True,
    ),
    Walk(
        "docs/getting-started.md",
        ("What you need", "Path B: in a delegated administrator"),
        TOOLING,
        invited=True,
        codes={f"{command} --profile management": code for command, code in INVITED.items()},
        mails=True,
    ),
    Walk(
        "docs/deploy.md",
        ("In the management account", "Updates", "What stays"),
        MANAGEMENT,
        names={"name-of-the-bucket": BUCKET, "name-of-the-table": TABLE, "name-of-the-log-group": LOG_GROUP},
        while_deployed=("git pull", "aws cloudformation describe-stacks --stack-name orgscan --query"),
    ),
    Walk("docs/deploy.md", ("In a delegated administrator",), TOOLING),
    Walk("docs/deploy.md", ("For many Organizations",), TOOLING),
    Walk("README.md", ("Start",), MANAGEMENT),
    Walk("docs/terminal.md", ("From a terminal",), MANAGEMENT, settings=OF_A_TERMINAL),
)

NOT_RUN = (
    NotRun("README.md", "make demo", "it is a demonstration of its own", "tests/e2e/demo_world.rs"),
    NotRun("README.md", "make test", "this is a part of it", "test"),
    NotRun(
        "CONTRIBUTING.md",
        "cargo test -p orgscan --no-default-features --lib --test jobs --test documents",
        "make test runs them, with all features",
        "tools/test.sh",
    ),
    NotRun("docs/performance.md", "make bench", "it measures for 45 minutes", "bench"),
    NotRun(
        "docs/deploy.md",
        "cargo lambda build --release --arm64 --output-format zip --bin account-metadata --bin credential-report",
        "it compiles for minutes, and watches until it is ended",
        "tests/e2e/cargo_lambda.rs",
    ),
    NotRun(
        "docs/deploy.md",
        "aws stepfunctions redrive-execution --execution-arn arn:aws:states:us-east-1:222222222222:execution:"
        "orgscan-account-metadata-fan-out:0a1b2c3d",
        "there is no execution that has failed",
        "tests/fan_out/test_fan_out.py",
    ),
)
