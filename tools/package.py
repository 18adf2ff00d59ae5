"""Builds the functions' packages for Lambda with cargo-lambda, and checks that each is one that Lambda can run.

    package.py [--architecture arm64|x86_64] [--to FOLDER]

Beside each it writes what the package is made of, FUNCTION.cdx.json. The same sources give the same bytes, wherever they
and Cargo's own folder lie.

Builds for both architectures; where the Rust target of the one that this machine is not cannot be had, it says so and
goes on. With --architecture it builds for that one, or fails. Expects cargo-lambda and zig in PATH, as
target/venv-tests/bin has them. Packages: FOLDER/ARCHITECTURE/FUNCTION.zip, target/lambda/… by default.
"""

import argparse
import os
import pathlib
import platform
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True

import build_flags
import elf
import sbom
import start_function

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUNCTIONS = ("account-metadata", "credential-report")
TRIPLES = {"x86_64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu"}
FLAGS = {"x86_64": "--x86-64", "arm64": "--arm64"}
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

# What provided.al2023 has, and what Lambda takes: a zip of 50 MB that unpacks to 250 MB.
GLIBC = (2, 34)
LIBRARIES = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1"}
LOADERS = ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")
MEBIBYTE = 1 << 20
ZIP_LIMIT, UNPACKED_LIMIT = 50 * MEBIBYTE, 250 * MEBIBYTE
# Under an emulator of another processor, everything takes its time.
START_SECONDS = 60


# What a zip says of its file: the earliest time there is, a file that everybody may read and execute, made on Unix.
ZIP_TIME, ZIP_RIGHTS, ZIP_UNIX = (1980, 1, 1, 0, 0, 0), 0o100755, 3


class Failed(Exception):
    """A package cannot be built, or is none that Lambda can run; the message is for the person who asked."""


def run(command, **options):
    """Runs a program of PATH to its end."""
    try:
        return subprocess.run(command, cwd=ROOT, check=False, **options)
    except FileNotFoundError:
        raise Failed(f"there is no {command[0]} in PATH") from None


def get_target(architecture):
    """Sees to the Rust standard library of an architecture."""
    triple = TRIPLES[architecture]
    found = run(["rustc", "--print", "target-libdir", "--target", triple], capture_output=True, text=True)
    if found.returncode == 0 and pathlib.Path(found.stdout.strip()).is_dir():
        return
    if shutil.which("rustup") is None:
        raise Failed(f"this Rust has no target {triple}, and there is no rustup to add it")
    try:
        added = run(["rustup", "target", "add", triple], capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        raise Failed(f"rustup target add {triple} did not end within 10 minutes") from None
    if added.returncode != 0:
        said = added.stderr.strip().splitlines() or [f"exit code {added.returncode}"]
        # The reason comes first, then what led to it.
        reason = next((line for line in said if line.startswith("error")), said[-1])
        raise Failed(f"rustup target add {triple}: {reason}")


def build(architecture, folder):
    """Builds both functions into a folder. Gives their packages."""
    shutil.rmtree(folder, ignore_errors=True)
    command = ["cargo", "lambda", "build", "--locked", "--release", FLAGS[architecture]]
    for function in FUNCTIONS:
        command += ["--bin", function]
    try:
        environment = os.environ | build_flags.flags()
    except build_flags.Impossible as reason:
        raise Failed(str(reason)) from None
    if run([*command, "--lambda-dir", folder], env=environment).returncode != 0:
        raise Failed(f"cargo lambda build failed for {architecture}")
    packages = []
    for function in FUNCTIONS:
        packages.append(folder / f"{function}.zip")
        pack(folder / function / "bootstrap", packages[-1])
        shutil.rmtree(folder / function)
        bill = sbom.bill(ROOT, function, TRIPLES[architecture], packages[-1])
        packages[-1].with_suffix(".cdx.json").write_text(bill)
    return packages


def pack(program, package):
    """Puts a program into a zip whose bytes follow from the program's; cargo-lambda's have the time of the build."""
    entry = zipfile.ZipInfo("bootstrap", ZIP_TIME)
    entry.create_system, entry.external_attr = ZIP_UNIX, ZIP_RIGHTS << 16
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr(entry, program.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=9)


def unpack(package, folder):
    """Unpacks a package, as it has to look. Gives the program in it, with the rights it has there."""
    if package.stat().st_size > ZIP_LIMIT:
        raise Failed(f"{package} is larger than Lambda takes: {mebibytes(package.stat().st_size)}")
    with zipfile.ZipFile(package) as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        if names != ["bootstrap"]:
            raise Failed(f"{package} has to hold one file, bootstrap, and holds {', '.join(names) or 'none'}")
        if entries[0].file_size > UNPACKED_LIMIT:
            raise Failed(f"{package} unpacks to more than Lambda takes: {mebibytes(entries[0].file_size)}")
        rights = entries[0].external_attr >> 16 & 0o777
        if rights & 0o555 != 0o555:
            raise Failed(f"bootstrap in {package} is not for everybody to read and execute: {rights:o}")
        program = pathlib.Path(archive.extract("bootstrap", folder))
    program.chmod(rights)
    return program


def check_program(package, program, architecture):
    """Whether provided.al2023 can run the program. Gives the glibc it needs."""
    try:
        needs = elf.Program(program.read_bytes())
        if needs.processor != architecture:
            raise Failed(f"bootstrap in {package} is for {needs.processor}")
        missing = set(needs.libraries()) - LIBRARIES - set(LOADERS)
        if missing:
            raise Failed(f"bootstrap in {package} needs {', '.join(sorted(missing))}, which provided.al2023 lacks")
        glibc = needs.glibc()
    except elf.NotElf as error:
        raise Failed(f"bootstrap in {package}: {error}") from None
    except elf.NotLoadable as names:
        raise Failed(f"bootstrap in {package} needs {names}, which glibc {dotted(GLIBC)} does not have") from None
    except (IndexError, ValueError, struct.error):
        raise Failed(f"bootstrap in {package} is cut short, or no program") from None
    if glibc > GLIBC:
        raise Failed(f"bootstrap in {package} needs glibc {dotted(glibc)}; provided.al2023 has {dotted(GLIBC)}")
    return dotted(glibc)


def command_for(program, architecture):
    """How this machine runs a program of an architecture; otherwise why it cannot."""
    if sys.platform != "linux":
        return None, "not started: this is no Linux"
    if own_architecture() == architecture:
        return [str(program)], ""
    processor = TRIPLES[architecture].split("-", 1)[0]
    for emulator in (f"qemu-{processor}", f"qemu-{processor}-static"):
        if path := shutil.which(emulator):
            # Where qemu's own variable says nothing, the place of Debian's packages of a foreign glibc.
            libraries = os.environ.get("QEMU_LD_PREFIX", f"/usr/{processor}-linux-gnu")
            return [path, "-L", libraries, str(program)], f", by {emulator}"
    return None, f"not started: no {architecture} processor and no qemu-{processor} here"


def started(package, program, architecture):
    """Starts the program where that is possible. Gives how that went."""
    command, how = command_for(program, architecture)
    if command is None:
        return how
    try:
        seconds = start_function.start(command, START_SECONDS)
    except start_function.DoesNotStart as error:
        raise Failed(f"bootstrap in {package} does not start: {error}") from None
    except OSError as error:
        raise Failed(f"bootstrap in {package} does not start: {error.strerror}") from None
    return f"in {seconds:.2f} s{how}"


def own_architecture():
    return MACHINES.get(platform.machine().lower())


def dotted(version):
    return ".".join(map(str, version))


def shown(path):
    """A path as seen from the project's folder."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def mebibytes(size):
    return f"{size / MEBIBYTE:.1f} MiB"


def check(package, architecture):
    """Checks a package. Gives its line of the table."""
    # Not in /tmp, where nothing may be executed on some machines.
    with tempfile.TemporaryDirectory(dir=package.parent) as folder:
        program = unpack(package, folder)
        sizes = f"{mebibytes(package.stat().st_size)} ({mebibytes(program.stat().st_size)})"
        glibc = check_program(package, program, architecture)
        answer = started(package, program, architecture)
    return str(shown(package)), architecture, sizes, glibc, answer


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--architecture", choices=list(TRIPLES))
    arguments.add_argument("--to", type=pathlib.Path, default=ROOT / "target" / "lambda", metavar="FOLDER")
    options = arguments.parse_args()
    wanted = options.architecture
    lines, left_out = [], []
    for architecture in [wanted] if wanted else sorted(TRIPLES, key=lambda one: one != own_architecture()):
        try:
            get_target(architecture)
        except Failed as reason:
            if architecture in (wanted, own_architecture()):
                raise
            left_out.append(f"{architecture} is not built: {reason}")
            continue
        lines += [check(package, architecture) for package in build(architecture, options.to.resolve() / architecture)]
    if not lines:
        raise Failed("; ".join(left_out))
    table = [("package", "architecture", "size (unpacked)", "glibc", "started"), *lines]
    widths = [max(map(len, column)) for column in zip(*table)]
    print()
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for reason in left_out:
        print(reason)


if __name__ == "__main__":
    try:
        main()
    except Failed as problem:
        sys.exit(f"tools/package.py: {problem}")
