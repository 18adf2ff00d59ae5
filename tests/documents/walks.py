"""Who follows which document, and where; and what is not followed here, with who does it instead."""

import dataclasses

from place import MANAGEMENT, TOOLING

PARTIAL = 2


@dataclasses.dataclass(frozen=True)
class Walk:
    """Blocks of a document, by the headings they stand under, in order, in an Organization of their own."""

    document: str
    headings: tuple
    # Whose administrator has the default credentials.
    account: str
    # Blocks of one command that end with another code than 0, by their text.
    codes: dict = dataclasses.field(default_factory=dict)
    # What the reader puts in place of a name.
    names: dict = dataclasses.field(default_factory=dict)
    # What ends with the mail.
    mails: bool = False

    @property
    def name(self):
        return f"{self.document}: {', '.join(self.headings)}"

    def takes(self, block):
        return block.document == self.document and bool(set(block.headings) & set(self.headings))


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


# An account that was invited lets nobody in before the member role is there.
INVITED = {f"orgscan credential-report{more}": PARTIAL for more in ("", " --profile management")}
LEFT = "aws s3api list-buckets --output text --query \"Buckets[?starts_with(Name, 'orgscan-')].Name | [0]\""

WALKS = (
    Walk("docs/getting-started.md", ("What you need", "Path A: in the management account"), MANAGEMENT, INVITED, mails=True),
    Walk("docs/getting-started.md", ("What you need", "Path B: in a delegated administrator"), TOOLING, INVITED, mails=True),
    Walk("docs/deploy.md", ("In the management account",), MANAGEMENT),
    Walk("docs/deploy.md", ("In a delegated administrator",), TOOLING),
    Walk("docs/deploy.md", ("For many Organizations",), TOOLING),
)

NOT_RUN = (
    NotRun("README.md", "make demo", "it is a demonstration of its own", "demo"),
    NotRun("README.md", "make test", "it is what runs this", "test"),
    NotRun("docs/performance.md", "make bench", "it measures for 45 minutes", "bench"),
)
