"""What tools/sbom.py says of a package: every crate that is linked into it, and no other. Needs no build.

    python -B tests/package/test_sbom.py [Bill.test_name ...]
"""

import base64
import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import unittest
import unittest.mock

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools"))

import package
import sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


@functools.cache
def units(triple):
    """What Cargo would build for a target, unit by unit: not stable, but Cargo's own word."""
    command = ["cargo", "build", "--locked", "--release", "--workspace", "--bins", "--target", triple]
    ended = subprocess.run(
        [*command, "--unit-graph", "-Z", "unstable-options"],
        cwd=ROOT, env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, capture_output=True, text=True, check=True,
    )
    return json.loads(ended.stdout)["units"]


def name_and_version(unit):
    """Of `…#name@version`, or `…/name#version` where folder and crate have the same name."""
    place, _, about = unit["pkg_id"].partition("#")
    name, found, version = about.partition("@")
    return (name, version) if found else (place.rsplit("/", 1)[-1], about)


def linked_by_cargo(function, triple):
    """The crates that Cargo links into a function, from the units."""
    graph = units(triple)
    waiting = [unit for unit in graph if unit["target"]["kind"] == ["bin"] and unit["target"]["name"] == function]
    reached = set()
    while waiting:
        unit = waiting.pop()
        crate = name_and_version(unit)
        if crate in reached:
            continue
        reached.add(crate)
        for needed in unit["dependencies"]:
            unit_needed = graph[needed["index"]]
            if not {"custom-build", "proc-macro"} & set(unit_needed["target"]["kind"]):
                waiting.append(unit_needed)
    return reached


@functools.cache
def bill(function, triple, content=b"a package"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "function.zip"
        path.write_bytes(content)
        return sbom.bill(ROOT, function, triple, path)


class Bill(unittest.TestCase):
    """The bill of each function for each target."""

    def each(self):
        for function in package.FUNCTIONS:
            for triple in package.TRIPLES.values():
                with self.subTest(function=function, triple=triple):
                    yield function, triple, json.loads(bill(function, triple))

    def test_it_lists_the_crates_that_cargo_links_and_no_other(self):
        for function, triple, written in self.each():
            listed = [(one["name"], one["version"]) for one in [written["metadata"]["component"], *written["components"]]]
            self.assertEqual(len(listed), len(set(listed)))
            self.assertEqual(set(listed), linked_by_cargo(function, triple))
            self.assertGreater(len(listed), 100)

    def test_each_crate_has_its_licence_and_the_checksum_of_the_lock(self):
        lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
        checksums = {(one["name"], one["version"]): one.get("checksum") for one in lock["package"]}
        for function, _, written in self.each():
            for one in written["components"]:
                self.assertTrue(one["licenses"][0]["expression"], one)
                checksum = checksums[one["name"], one["version"]]
                if checksum is None:
                    self.assertEqual(one["name"], "orgscan")
                    self.assertEqual(one["purl"], f"pkg:generic/orgscan@{one['version']}")
                else:
                    self.assertEqual(one["hashes"], [{"alg": "SHA-256", "content": checksum}])
                    self.assertTrue(one["purl"].startswith(f"pkg:cargo/{one['name']}@{one['version'].split('+')[0]}"))
            self.assertEqual(written["metadata"]["component"]["name"], function)

    def test_every_crate_is_needed_by_one_that_is_listed(self):
        for function, _, written in self.each():
            listed = {one["bom-ref"] for one in written["components"]}
            needs = {one["ref"]: one["dependsOn"] for one in written["dependencies"]}
            self.assertEqual(set(needs), listed | {written["metadata"]["component"]["bom-ref"]})
            self.assertEqual({needed for all_of_one in needs.values() for needed in all_of_one}, listed)
            self.assertIn("orgscan@0.1.0", needs[f"{function}@0.1.0"])

    def test_it_is_valid_and_names_the_package_as_lambda_does(self):
        for _, triple, written in self.each():
            self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(written)))
            (digest,) = written["metadata"]["component"]["hashes"]
            code_sha256 = base64.b64encode(hashlib.sha256(b"a package").digest())
            self.assertEqual(base64.b64encode(bytes.fromhex(digest["content"])), code_sha256)
            self.assertIn({"name": "cargo:target", "value": triple}, written["metadata"]["properties"])

    def test_the_same_package_has_the_same_bill_and_another_has_another(self):
        function, triple = package.FUNCTIONS[0], package.TRIPLES["arm64"]
        once = bill(function, triple)
        bill.cache_clear()
        self.assertEqual(bill(function, triple), once)
        serials = {json.loads(text)["serialNumber"] for text in (once, bill(function, triple, b"another package"))}
        self.assertEqual(len(serials), 2)
        self.assertNotIn("timestamp", once)
        self.assertNotIn(str(ROOT), once)


class Tree(unittest.TestCase):
    """Reading what cargo tree says."""

    TREE = (
        "0a v0.1.0 (/project/a)\n1b v1.0.0\n2c v2.0.0+meta\n1c v2.0.0+meta\n\n"
        "0other v0.1.0 (/project/other)\n1a v0.1.0 (/project/a) (*)\n1only-there v3.0.0\n\n"
        "0again v0.1.0 (/project/again)\n1b v1.0.0 (*)\n"
    )

    def test_a_crate_whose_tree_is_shown_elsewhere_has_all_it_needs(self):
        main, crates = sbom.linked(self.TREE, "again")
        self.assertEqual(main, ("again", "0.1.0"))
        c = ("c", "2.0.0+meta")
        self.assertEqual(crates, {main: [("b", "1.0.0")], ("b", "1.0.0"): [c], c: []})

    def test_what_another_crate_needs_is_not_listed(self):
        _, crates = sbom.linked(self.TREE, "a")
        self.assertNotIn(("only-there", "3.0.0"), crates)

    def test_a_line_that_is_none_is_an_error(self):
        for tree, function in (("0a v0.1.0\nwarning: something\n", "a"), (self.TREE, "missing")):
            with self.assertRaises(ValueError):
                sbom.linked(tree, function)

    def test_what_is_no_cyclonedx_is_refused(self):
        with (
            unittest.mock.patch("sbom.component", side_effect=lambda crate, *_: {"type": "no type", "name": crate[0], "purl": "p"}),
            self.assertRaises(sbom.NotValid),
            tempfile.NamedTemporaryFile() as file,
        ):
            sbom.bill(ROOT, package.FUNCTIONS[0], package.TRIPLES["arm64"], pathlib.Path(file.name))


class Zip(unittest.TestCase):
    """The zip around a program."""

    def test_the_same_program_gives_the_same_zip_whenever_and_however_it_was_written(self):
        with tempfile.TemporaryDirectory() as folder:
            made = []
            for number, (time, rights) in enumerate(((0, 0o600), (2_000_000_000, 0o777))):
                program = pathlib.Path(folder) / f"program-{number}"
                program.write_bytes(b"the same program" * 1000)
                program.chmod(rights)
                os.utime(program, (time, time))
                made.append(pathlib.Path(folder) / f"{number}.zip")
                package.pack(program, made[-1])
            self.assertEqual(made[0].read_bytes(), made[1].read_bytes())
            unpacked = package.unpack(made[0], folder)
            self.assertEqual(unpacked.read_bytes(), b"the same program" * 1000)
            self.assertEqual(unpacked.stat().st_mode & 0o777, 0o755)


if __name__ == "__main__":
    unittest.main(verbosity=2)
