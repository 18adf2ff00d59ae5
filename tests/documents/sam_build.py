"""Writes what `sam build` writes into this folder, from binaries that are built already."""

import pathlib
import sys

sys.dont_write_bytecode = True

import paths  # noqa: F401 - it says where the other modules are

import built

try:
    print(f"Built {built.build(pathlib.Path('.aws-sam/build').resolve())}")
except built.NotBuilt as failure:
    sys.exit(f"sam build: {failure}")
