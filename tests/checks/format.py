#!/usr/bin/env python3
"""Holds the sources to .clang-format, with clang-format 14 (other versions format otherwise).

Must not change a file: `clang-format-14 -i FILE` does.
"""
import shutil
import subprocess
import sys

import common

PROGRAM = "clang-format-14"
EXIT_SKIPPED = 77
EXEMPT = {
    "capi/include/graceline/graceline.h": "laid out by hand, because it is read as a specification",
}
GENERATED = "bindings/csharp/generated/"


def unformatted(root, files):
    """The complaints of clang-format, one line each file and place."""
    if not files:
        return []
    result = subprocess.run(
        [PROGRAM, "--style=file", "--dry-run", "-Werror", "--ferror-limit=1", *files],
        cwd=root, capture_output=True, text=True, check=False)
    lines = [line for line in result.stderr.splitlines() if ": error:" in line]
    if result.returncode != 0 and not lines:
        lines = result.stderr.splitlines()[:20]
    return lines


def check(options):
    if not shutil.which(PROGRAM):
        print(f"skipped: {PROGRAM} is not here")
        sys.exit(EXIT_SKIPPED)
    files = [path for path in common.tree_files(options.root)
             if path.endswith(common.CODE_SUFFIXES) and path not in EXEMPT
             and not path.startswith(GENERATED)]
    findings = unformatted(options.root, files)
    return findings, f"{len(files)} files, {len(findings)} findings"


def self_test():
    if not shutil.which(PROGRAM):
        print(f"skipped: {PROGRAM} is not here")
        sys.exit(EXIT_SKIPPED)
    files = {".clang-format": "BasedOnStyle: Google\n", "a.cpp": "int  a ;\n",
             "b.cpp": "int b;\n"}
    with common.planted(files) as root:
        common.expect(unformatted(root, ["a.cpp", "b.cpp"]), "a.cpp")


if __name__ == "__main__":
    common.main(check, self_test)
