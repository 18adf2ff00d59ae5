"""What a function's package is made of, as a software bill of materials: CycloneDX 1.6, JSON.

Lists the crates that are linked into the function for its target, with version, licence and the checksum that Cargo.lock
has of each. Crates that only run while it is built, macros and build scripts, are not in it. The same package gives the
same bytes: nothing in it is random, and it has no time.
"""

import functools
import hashlib
import json
import re
import subprocess
import tomllib
import urllib.parse
import uuid

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

# A line of `cargo tree --prefix depth`: how deep, name and version, and where the crate lies if that is no registry.
LINE = re.compile(r"(?P<depth>\d+)(?P<name>[\w-]+) v(?P<version>\S+?)(?: \((?P<place>[^)]*)\))?(?: \(\*\))?")


class NotValid(Exception):
    """What was made is no CycloneDX; the message says why."""


def cargo(root, *arguments):
    return subprocess.run(["cargo", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def linked(lines, function):
    """From the tree of the workspace, in which no crate's own tree is shown twice: what each crate of a function needs."""
    needs, above = {}, []
    for line in filter(None, lines.splitlines()):
        found = LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"cargo tree says {line!r}")
        crate, depth = (found["name"], found["version"]), int(found["depth"])
        del above[depth:]
        needs.setdefault(crate, set())
        if above:
            needs[above[-1]].add(crate)
        above.append(crate)
    roots = [crate for crate in needs if crate[0] == function]
    if len(roots) != 1:
        raise ValueError(f"cargo tree has {len(roots)} crates {function}")
    reached, waiting = {}, list(roots)
    while waiting:
        crate = waiting.pop()
        if crate not in reached:
            reached[crate] = sorted(needs[crate])
            waiting += needs[crate]
    return roots[0], reached


@functools.cache
def facts(root):
    """Licences by crate, and checksums by crate; crates of this workspace have no checksum."""
    metadata = json.loads(cargo(root, "metadata", "--locked", "--format-version", "1"))
    # The slash is how licences were given in the alternative before SPDX expressions were.
    licences = {
        (package["name"], package["version"]): (package["license"] or "").replace("/", " OR ")
        for package in metadata["packages"]
    }
    lock = tomllib.loads((root / "Cargo.lock").read_text())
    return licences, {(one["name"], one["version"]): one.get("checksum") for one in lock["package"]}


def component(crate, licences, checksums):
    name, version = crate
    described = {"type": "library", "bom-ref": f"{name}@{version}", "name": name, "version": version}
    if licences[crate]:
        described["licenses"] = [{"expression": licences[crate]}]
    if checksums[crate] is None:
        # Not from crates.io, where somebody else may have a crate of that name.
        described["purl"] = f"pkg:generic/{name}@{urllib.parse.quote(version)}"
    else:
        described["purl"] = f"pkg:cargo/{name}@{urllib.parse.quote(version)}"
        described["hashes"] = [{"alg": "SHA-256", "content": checksums[crate]}]
    return described


@functools.cache
def tree(root, triple):
    """All members of the workspace at once, as they are when a package is built: their features add up."""
    return cargo(
        root, "tree", "--locked", "--workspace", "--edges", "normal,no-proc-macro", "--target", triple,
        "--prefix", "depth", "--format", "{p}", "--charset", "ascii",
    )


def bill(root, function, triple, package):
    """The bill of a function's package, as text."""
    main, crates = linked(tree(root, triple), function)
    licences, checksums = facts(root)
    components = {crate: component(crate, licences, checksums) for crate in sorted(crates)}
    described = components.pop(main)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    # In base64, this is what Lambda calls CodeSha256.
    described |= {"type": "application", "hashes": [{"alg": "SHA-256", "content": digest}]}
    written = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{described['purl']}?target={triple}&sha256={digest}").urn,
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": described,
            "properties": [
                {"name": "cargo:target", "value": triple},
                {"name": "rustc:version", "value": version_of_rustc(root)},
            ],
        },
        "components": list(components.values()),
        "dependencies": [
            {"ref": "@".join(crate), "dependsOn": ["@".join(needed) for needed in crates[crate]]}
            for crate in sorted(crates)
        ],
    }
    text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise NotValid(f"the bill of materials of {function} is no CycloneDX: {wrong}")
    return text


@functools.cache
def version_of_rustc(root):
    """The compiler, whose standard library is linked into every program."""
    return subprocess.run(["rustc", "--version"], cwd=root, check=True, capture_output=True, text=True).stdout.strip()
