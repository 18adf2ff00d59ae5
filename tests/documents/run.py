"""Follows the documents word for word, against an AWS emulator of this machine.

Every block of commands is run, in order, in one shell, in a folder as `git clone` leaves it, by an administrator of an
Organization that has nothing of this project; or walks.py says why it is not and what runs it instead. What ends with a
mail has to end with it. Commands that stand in the text have to be such as `orgscan` and make take.
"""

import argparse
import json
import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True

import paths

import emulators
from blocks import SHELLS, documents, read
from clone import Clone, Failed
from coverage import in_the_text, not_covered
from demo import SIGNALS, ended_afterwards, interrupted
from place import MANAGEMENT, TOOLING, Place, organization
from walks import NOT_RUN, WALKS

ADDRESS = "security@example.com"
SUBJECT = re.compile(r"AWS credential report - o-documents[0-9]+ - [0-9]{4}-[0-9]{2}-[0-9]{2}: ([0-9]+) new, 0 open")


def follow(walk, blocks, folder, programs):
    """Does what a document says; prints each block and how long it took."""
    place = Place(folder / "world", {"A": organization(walk.invited)}, (MANAGEMENT, TOOLING))
    with ended_afterwards(place):
        place.start()
        clone = Clone(folder, place, programs)
        clone.make({"default": walk.account, "management": MANAGEMENT, "tenant": MANAGEMENT})
        for block, said, took in clone.run(walk.order(blocks), walk.codes, walk.settings):
            last = said.splitlines()[-1] if said else ""
            print(f"  {took:5.1f} s  {block.place}  {block.first_line[:60]}\n           {last[:100]}", flush=True)
            check_shown(block, said)
        if walk.mails:
            check_mail(place, json.loads((clone.sources / "answer.json").read_text(encoding="utf-8")))


def check_shown(block, said):
    """What the document shows below a block is what was printed, but for digits; `…` stands for lines that it leaves out."""
    printed = [without_digits(line) for line in said.splitlines()]
    for line in block.shown.splitlines():
        if line != "…" and without_digits(line) not in printed:
            raise Failed(f"{block.place} shows {line!r}, which is not printed:\n{said}")


def without_digits(line):
    return re.sub(r"[0-9]+", "0", line.rstrip())


def check_mail(place, answer):
    """The mail that was promised is there."""
    mails = place.mails()
    if [one["To"] for one in mails] != [[ADDRESS]] or answer["mail"]["sent"] != 1:
        raise Failed(f"not one mail to {ADDRESS}: {mails}")
    (mail,) = mails
    new = sum(one["finding_counts"]["new"] for one in answer["organizations"])
    subject = SUBJECT.fullmatch(mail["Subject"])
    if not subject or int(subject[1]) != new or new == 0:
        raise Failed(f"{new} findings are new, and the mail's subject is {mail['Subject']!r}")
    failed = sum(one["accounts"]["failed"] for one in answer["organizations"])
    if answer["status"] != "complete" or failed:
        raise Failed(f"the run is {answer['status']}, with {failed} accounts that were not read")
    if "bob" not in mail["BodyHtml"] or "bob" not in mail["BodyText"]:
        raise Failed("the mail does not name whom it is about")
    print(f"           mail to {ADDRESS}: {mail['Subject']}")


def run(arguments):
    blocks, spans = [], []
    # What is only shown has to be such as can be run.
    for name, text in documents(arguments.documents).items():
        of_document = read(name, text)
        blocks += of_document[0]
        spans += [*of_document[1], *(one for block in of_document[0] for one in block.prompts())]
    problems = not_covered(blocks, WALKS, NOT_RUN)
    wrong, number = in_the_text(spans)
    problems += wrong
    print(f"{len(blocks)} blocks; {number} commands of orgscan in the text", flush=True)
    programs = {"sam": arguments.sam, "cargo-lambda": arguments.cargo_lambda}
    for number, walk in enumerate(WALKS):
        if arguments.only and arguments.only not in walk.name:
            continue
        print(f"\n{walk.name}", flush=True)
        folder = arguments.folder / str(number)
        emulators.clear(folder)
        started = time.monotonic()
        try:
            follow(walk, [one for one in blocks if one.language in SHELLS], folder, programs)
        except Failed as failure:
            problems.append(f"{walk.name}: {failure}")
        print(f"  {time.monotonic() - started:5.1f} s in all", flush=True)
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="where clones and emulators are")
    parser.add_argument("--sam", type=pathlib.Path, default=paths.ROOT / "target/venv-sam/bin/sam")
    parser.add_argument("--cargo-lambda", type=pathlib.Path, default=paths.ROOT / "target/venv-tests/bin/cargo-lambda")
    parser.add_argument("--documents", type=pathlib.Path, default=paths.ROOT, help="another folder with documents")
    parser.add_argument("--only", help="walks with this in their name")
    arguments = parser.parse_args()
    # They would otherwise end this script and leave the emulators.
    for number in SIGNALS:
        signal.signal(number, interrupted)
    try:
        problems = run(arguments)
    except emulators.DidNotStart as failure:
        sys.exit(f"documents: {failure}")
    except KeyboardInterrupt:
        sys.exit("documents: interrupted; everything it started has ended")
    if problems:
        sys.exit("\n".join(["documents found:", *(f"- {one}" for one in problems)]))
    print("\nThe documents' commands do what they say.")


if __name__ == "__main__":
    main()
