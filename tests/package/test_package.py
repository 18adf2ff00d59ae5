"""What tools/package.py refuses: packages with one mistake each, which need no build.

    python -B tests/package/test_package.py [Refused.test_name ...]
"""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
import zipfile

sys.dont_write_bytecode = True
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.append(str(TOOLS))

import package

X86_64, ARM64 = 0x3E, 0xB7
STRINGS, DYNAMIC, VERSIONS = 3, 6, 0x6FFFFFFE
DT_NEEDED = 1


def program(machine=X86_64, library="libc.so.6", version="GLIBC_2.34"):
    """The headers and sections of a program that is linked with a library; no code."""
    strings = b"\0" + library.encode() + b"\0" + version.encode() + b"\0"
    name, needed = 1, len(library) + 2
    dynamic = struct.pack("<qQ", DT_NEEDED, name)
    versions = struct.pack("<HHIII", 1, 1, name, 16, 0) + struct.pack("<IHHII", 0, 0, 2, needed, 0)
    content, headers = b"", b""
    for kind, data in ((STRINGS, strings), (DYNAMIC, dynamic), (VERSIONS, versions)):
        headers += struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, 64 + len(content), len(data), 0, 0, 0, 0)
        content += data
    # Type and machine, version, entry, where program headers and section headers are, flags, then sizes and counts.
    layout = struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 0, 64 + len(content), 0, 64, 0, 0, 64, 3, 0)
    return b"\x7fELF\x02\x01\x01" + bytes(9) + layout + content + headers


class Refused(unittest.TestCase):
    """Each package is refused, with words that say why."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.scratch()))
        self.addCleanup(shutil.rmtree, self.folder)

    @staticmethod
    def scratch():
        """Not in /tmp, where nothing may be executed on some machines."""
        folder = package.ROOT / "target"
        folder.mkdir(exist_ok=True)
        return folder

    def package(self, content, mode=0o755, others=()):
        path = self.folder / "function.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("bootstrap", *others):
                entry = zipfile.ZipInfo(name)
                entry.external_attr = (0o100000 | mode) << 16
                archive.writestr(entry, content)
        return path

    def expect_refused(self, words, *content, architecture="x86_64", **how):
        path = self.package(*content, **how)
        with self.assertRaises(package.Failed) as refused:
            package.check(path, architecture)
        self.assertIn(words, str(refused.exception))
        self.assertIn(str(path), str(refused.exception))

    def test_nothing_is_wrong_with_the_program_that_the_others_are_made_from(self):
        with unittest.mock.patch("package.started", return_value="not started"):
            line = package.check(self.package(program()), "x86_64")
            for_arm64 = package.check(self.package(program(ARM64, version="GLIBC_2.17")), "arm64")
        self.assertEqual(line[1::2], ("x86_64", "2.34"))
        self.assertEqual(for_arm64[1::2], ("arm64", "2.17"))

    def test_a_program_for_another_processor(self):
        self.expect_refused("is for arm64", program(ARM64))
        self.expect_refused("is for x86_64", program(), architecture="arm64")
        self.expect_refused("is for machine 243", program(243))

    def test_a_second_file_in_the_package(self):
        self.expect_refused("has to hold one file, bootstrap, and holds bootstrap, notes", program(), others=["notes"])

    def test_a_program_that_not_everybody_may_execute(self):
        self.expect_refused("is not for everybody to read and execute: 644", program(), mode=0o644)

    def test_what_is_no_program(self):
        self.expect_refused("it is no 64-bit little-endian ELF file", b"#!/bin/sh\n")
        self.expect_refused("it has no section of type", program()[:58] + bytes(6))
        for length in (30, 100, len(program()) - 40):
            self.expect_refused("is cut short", program()[:length])

    def test_a_program_that_needs_what_provided_al2023_lacks(self):
        self.expect_refused("needs libssl.so.3, which", program(library="libssl.so.3"))
        self.expect_refused("needs glibc 2.35; provided.al2023 has 2.34", program(version="GLIBC_2.35"))
        self.expect_refused("needs GLIBC_ABI_DT_RELR, which glibc 2.34 does not", program(version="GLIBC_ABI_DT_RELR"))
        self.expect_refused("it needs no version of glibc", program(version="GCC_3.0"))

    def test_a_program_that_ends_at_once_or_never_starts(self):
        empty = self.folder / "bootstrap"
        empty.write_bytes(program()[:64])
        empty.chmod(0o755)
        for file, words in ((shutil.which("true"), "it ended with 0 and no answer"), (empty, "Exec format error")):
            with (
                unittest.mock.patch("package.command_for", return_value=([str(file)], "")),
                self.assertRaises(package.Failed) as refused,
            ):
                package.started("function.zip", file, "x86_64")
            self.assertIn(f"bootstrap in function.zip does not start: {words}", str(refused.exception))


class Command(unittest.TestCase):
    """What is said where nothing can be built, and of packages elsewhere."""

    def test_a_machine_without_rust_is_told_so(self):
        with tempfile.TemporaryDirectory() as empty:
            ended = subprocess.run(
                [sys.executable, "-B", str(TOOLS / "package.py"), "--architecture", "arm64", "--to", empty],
                env={**os.environ, "PATH": empty},
                capture_output=True,
                text=True,
                check=False,
            )
        self.assertEqual((ended.returncode, ended.stderr), (1, "tools/package.py: there is no rustc in PATH\n"))

    def test_nothing_built_is_a_failure(self):
        with (
            unittest.mock.patch("package.get_target", side_effect=package.Failed("no such target")),
            unittest.mock.patch("package.own_architecture", return_value=None),
            unittest.mock.patch("sys.argv", ["package.py"]),
            self.assertRaises(package.Failed) as failed,
        ):
            package.main()
        self.assertIn("arm64 is not built: no such target", str(failed.exception))

    def test_a_package_outside_the_project_is_shown_with_its_whole_path(self):
        self.assertEqual(package.shown(package.ROOT / "target" / "a.zip"), pathlib.Path("target/a.zip"))
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch("package.started", return_value=""):
            path = pathlib.Path(folder) / "a.zip"
            with zipfile.ZipFile(path, "w") as archive:
                entry = zipfile.ZipInfo("bootstrap")
                entry.external_attr = 0o100755 << 16
                archive.writestr(entry, program())
            self.assertEqual(package.check(path, "x86_64")[0], str(path))


if __name__ == "__main__":
    unittest.main(verbosity=2)
