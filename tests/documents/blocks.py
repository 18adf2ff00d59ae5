"""The commands that the documents show, and where they stand."""

import dataclasses
import re

FENCE = re.compile(r"\s*(`{3,})\s*(\S*)")
HEADING = re.compile(r"(#+)\s+(.*?)\s*#*$")
# What comes between two pairs of backticks, on one line.
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
# Blocks of these are to be run; in a block `console` a line with a prompt has a command.
SHELLS = ("sh", "bash", "shell")
PROMPT = "$ "


@dataclasses.dataclass(frozen=True)
class Span:
    """What stands between backticks in the text of a document."""

    document: str
    line: int
    text: str

    @property
    def place(self):
        return f"{self.document}:{self.line}"


@dataclasses.dataclass(frozen=True)
class Block:
    """A block of a document: its language, its text, the line on which the text begins, and the headings above it."""

    document: str
    line: int
    headings: tuple
    language: str
    text: str
    # What the document shows of what the block prints: a session without a prompt right below it.
    shown: str = ""

    @property
    def place(self):
        return f"{self.document}:{self.line}"

    def with_names(self, names):
        """The same with something else in place of some names."""
        text = self.text
        for name, own in names.items():
            text = text.replace(name, own)
        return dataclasses.replace(self, text=text)

    def prompts(self):
        """The commands that it shows, where it is a session."""
        lines = self.text.splitlines() if self.language == "console" else []
        shown = [(number, line.removeprefix(PROMPT)) for number, line in enumerate(lines) if line.startswith(PROMPT)]
        return [Span(self.document, self.line + number, line) for number, line in shown]

    @property
    def first_line(self):
        return self.text.splitlines()[0].split(" #")[0].strip()


def documents(folder):
    """The documents whose commands have to work, by their names, below the folder of the project."""
    paths = [folder / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    paths += sorted((folder / "docs").glob("*.md"))
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths if path.exists()}


def read(document, text):
    """The blocks of a document, and the spans between its blocks."""
    blocks, spans, headings = [], [], []
    fence, language, begun, lines = None, "", 0, []
    # Whether nothing but blanks has come since the last block.
    between = False
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line.strip().startswith(fence) and not line.strip().strip("`"):
                text = "\n".join(lines)
                if language == "console" and PROMPT not in text and between and blocks:
                    blocks[-1] = dataclasses.replace(blocks[-1], shown=text)
                blocks.append(Block(document, begun, tuple(headings), language, text))
                fence, between = None, True
            else:
                lines.append(line)
        elif opened := FENCE.match(line):
            (fence, language), begun, lines = opened.groups(), number + 1, []
        elif heading := HEADING.match(line):
            level = len(heading[1])
            headings = [*headings[: level - 1], *[""] * (level - 1 - len(headings)), heading[2]]
        else:
            between = between and not line.strip()
            spans += [Span(document, number, found[1]) for found in SPAN.finditer(line)]
    return blocks, spans
