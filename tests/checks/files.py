#!/usr/bin/env python3
"""Holds files to a size, two opening lines, no left-overs, no machine's paths, no sleeps in tests.

Must not judge what needs a reader; it finds only what a pattern can find.
"""
import re

import common

MAX_LINES = 500
MAX_COLUMNS = 100  # clang-format holds C and C++ to it
LONG_FILES = {
    "capi/include/graceline/graceline.h": "the header is the specification, in one piece",
    "capi/include/graceline/graceline.hpp": "header-only, so that a host takes one file",
}
GENERATED_SUFFIXES = (".map", ".lock", "package-lock.json", ".svg")
# Written in two halves, so that this file does not find itself.
LEFT_OVERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|(?i:not imple" r"mented)")
MACHINE = re.compile(
    r"(?<![\w.$}])/(work|farm|root|home/\w+)/"
    r"|deb\.deb" r"ian\.org|registry\.npm" r"js|api\.nu" r"get\.org|pypi\.o" r"rg|\.goo" r"gleapis")
SLEEPS = re.compile(
    r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|\btime\.sleep\(|(?<![\w.:])sleep\(\d")
# Tests that drive real sockets, real servers and the real clock.
SLEEPING_TESTS = ("tests/driver/", "tests/servers/", "tests/bench/", "tests/client/")
SLEEPING_FILES = re.compile(r"^tests/capi/[\w/]*(realtime|real_clock|freeze|deadline)\w*\.\w+$")
COMMENTED_SUFFIXES = common.CODE_SUFFIXES


def first_comment_lines(text):
    """How many comment lines the file opens with, after a line that names an interpreter."""
    lines = text.splitlines()
    if lines and lines[0].startswith("/*"):
        body = text[2:text.find("*/")] if "*/" in text else ""
        return len([line for line in body.splitlines() if line.strip(" *")])
    count = 0
    for line in lines:
        if not line.startswith("//"):
            break
        count += 1
    return count


def examine(path, text):
    findings = []
    lines = text.count("\n")
    script = path.endswith(".py") or path.startswith(("scripts/", ".ci/"))
    code = path.endswith(common.CODE_SUFFIXES) or script
    if code and lines > MAX_LINES and path not in LONG_FILES:
        findings.append(f"{path}: {lines} lines, more than {MAX_LINES}; one concept a file?")
    if path.endswith(COMMENTED_SUFFIXES) and first_comment_lines(text) < 2:
        findings.append(f"{path}:1: does not open with two lines of comment: what it is for, what "
                        "it must not do")
    if path.endswith(GENERATED_SUFFIXES):
        return findings
    sleeping_allowed = path.startswith(SLEEPING_TESTS) or SLEEPING_FILES.match(path)
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        if LEFT_OVERS.search(line):
            findings.append(f"{where}: a left-over: {line.strip()[:60]}")
        if MACHINE.search(line):
            findings.append(f"{where}: a path of one machine or a registry's host: "
                            f"{line.strip()[:60]}")
        if path.startswith("tests/") and path.endswith(common.CODE_SUFFIXES) \
                and not sleeping_allowed and SLEEPS.search(line):
            findings.append(f"{where}: a sleep in a test: {line.strip()[:60]}")
        if script and len(line) > MAX_COLUMNS:
            findings.append(f"{where}: {len(line)} columns, more than {MAX_COLUMNS}")
        if code and line.rstrip() != line:
            findings.append(f"{where}: blanks at the end of the line")
    if text and not text.endswith("\n"):
        findings.append(f"{path}: does not end with a new line")
    return findings


def is_text(path):
    return not path.endswith((".png", ".ico", ".pem.bin", ".bin", ".gz"))


def check(options):
    files = [path for path in common.tree_files(options.root) if is_text(path)]
    findings = []
    for path in files:
        findings += examine(path, common.read(options.root, path))
    findings += [f"{path} is on the list of long files and is not here" for path in LONG_FILES
                 if path not in files]
    return findings, f"{len(files)} files, {len(findings)} findings"


def self_test():
    head = "// What for.\n// Must not.\n"
    common.expect(examine("core/a.cpp", head + "int a;\n"))
    common.expect(examine("core/a.h", "/*\n * What for.\n * Must not.\n */\nint a;\n"))
    common.expect(examine("core/a.cpp", "// One line.\nint a;\n"), "two lines")
    common.expect(examine("core/a.cpp", head + "int a;\n" * MAX_LINES), "more than 500")
    common.expect(examine("capi/include/graceline/graceline.h", head + "int a;\n" * MAX_LINES))
    common.expect(examine("core/a.cpp", head + "// TO" "DO: more\n"), "a left-over")
    common.expect(examine("README.md", "see /wo" "rk/main\n"), "path of one machine")
    common.expect(examine("package.json", '"https://registry.npm' 'js.org"\n'), "registry's host")
    common.expect(examine("README.md", "scripts/wo" "rk/main and $HOME/wo" "rk/x\n"))
    sleep = "std::this_thread::sleep_for(1ms);\n"
    common.expect(examine("tests/engine/a_test.cpp", head + sleep), "a sleep in a test")
    common.expect(examine("tests/driver/a_test.cpp", head + sleep))
    common.expect(examine("tests/capi/deadline_test.cpp", head + sleep))
    common.expect(examine("core/a.cpp", head + "int a; \n"), "blanks")
    common.expect(examine("README.md", "no end"), "new line")
    common.expect(examine("scripts/a", "#" * 101 + "\n"), "101 columns")


if __name__ == "__main__":
    common.main(check, self_test)
