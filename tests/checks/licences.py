#!/usr/bin/env python3
"""Holds README.md's table of dependencies to what the tree asks for, and each licence to its place.

Must not look anything up: what a package's licence is was read by a person, once.
"""
import json
import os
import re

import common

HEADING = "## What it stands on"
PLACES = ("library", "tools", "tests", "build", "bench")
# What may be linked into a library under Apache-2.0 without a condition on its users' code.
LINKABLE = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "MIT", "Zlib"}
KNOWN = LINKABLE | {
    "AFL-2.1 OR GPL-2.0-or-later", "Apache-2.0 WITH LLVM-exception", "Artistic-2.0",
    "GPL-2.0-or-later", "GPL-3.0-or-later",
    "GPL-3.0-or-later WITH GCC-exception-3.1", "LGPL-2.1-or-later", "MPL-2.0", "PSF-2.0", "curl"}
# Not dependencies: the C library's threads, this project itself.
OWN = {"Threads", "graceline"}
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")


def rows(readme):
    """[(title, licence, place, {names})] of the table under the heading."""
    if HEADING not in readme:
        return []
    section = readme.split(HEADING, 1)[1].split("\n## ", 1)[0]
    found = []
    for line in section.splitlines():
        match = ROW.match(line)
        if match and not set(match[1]) <= {"-", " "} and match[2] != "licence":
            found.append((match[1], match[2], match[3], set(re.findall(r"`([^`]+)`", match[4]))))
    return found


def wanted(files):
    """{name: file} of everything that the tree asks a package manager or CMake for."""
    names = {}
    for path, text in files.items():
        found = []
        if path.endswith(("CMakeLists.txt", ".cmake", ".cmake.in")):
            found = re.findall(r"find_(?:package|dependency)\((\w+)", text)
        elif path == "scripts/setup":
            for packages in re.findall(r'^    \[[\w-]+\]="([^"]*)"', setup_packages(text), re.M):
                found += packages.split()
        elif os.path.basename(path) == "package.json":
            parts = json.loads(text)
            found = [*parts.get("dependencies", {}), *parts.get("devDependencies", {})]
        elif path.endswith((".csproj", ".props")):
            found = re.findall(r'<PackageReference\s+Include="([^"]+)"', text)
        elif path == "pyproject.toml":
            for listed in re.findall(r"(?:requires|dependencies)\s*=\s*\[([^\]]*)\]", text):
                found += re.findall(r'"([A-Za-z0-9_.-]+)', listed)
        for name in found:
            names.setdefault(name, path)
    return {name: path for name, path in names.items() if name not in OWN}


def setup_packages(text):
    match = re.search(r"packages_of=\((.*?)^\)", text, re.M | re.S)
    return match[1] if match else ""


def examine(files):
    findings = []
    table = rows(files.get("README.md", ""))
    asked = wanted(files)
    named = set()
    for title, licence, place, names in table:
        if licence not in KNOWN:
            findings.append(f"README.md: {title}: '{licence}' is no licence that this check knows")
        if place not in PLACES:
            findings.append(f"README.md: {title}: '{place}' is none of {', '.join(PLACES)}")
        if place == "library" and licence not in LINKABLE:
            findings.append(f"README.md: {title}: a library under {licence} is not linked in")
        findings += [f"README.md: `{name}` stands in the table twice" for name in names & named]
        named |= names
        findings += [f"README.md: {title}: nothing asks for `{name}` any more"
                     for name in sorted(names - set(asked))]
    findings += [f"{path}: asks for {name}, which has no row under '{HEADING}' in README.md"
                 for name, path in sorted(asked.items()) if name not in named]
    for path, text in files.items():
        base = os.path.basename(path).upper()
        if path != "LICENSE" and base.split(".")[0] in ("LICENSE", "LICENCE", "COPYING", "NOTICE"):
            findings.append(f"{path}: one licence for the whole tree; what is not ours is not here")
        if path not in ("LICENSE", "tests/checks/licences.py") and \
                re.search(r"(?i)copyright\s+(\(c\)|\d{4}|©)", text):
            findings.append(f"{path}: somebody's copyright; the tree holds its own code only")
    return findings


def check(options):
    files = {path: common.read(options.root, path) for path in common.tree_files(options.root)
             if not path.endswith((".png", ".ico", ".bin"))}
    findings = examine(files)
    return findings, f"{len(rows(files['README.md']))} dependencies, {len(findings)} findings"


def self_test():
    head = f"{HEADING}\n\n| what | licence | where | names |\n| --- | --- | --- | --- |\n"
    row = "| OpenSSL | Apache-2.0 | library | `OpenSSL`, `libssl-dev` |\n"
    cmake = "find_package(OpenSSL REQUIRED)\nfind_package(Threads REQUIRED)\n"
    setup = 'declare -rA packages_of=(\n    [build]="libssl-dev"\n)\n'
    good = {"README.md": head + row, "core/CMakeLists.txt": cmake, "scripts/setup": setup}
    common.expect(examine(good))
    common.expect(examine({**good, "scripts/setup": setup.replace("-dev", "-dev\n        nginx")}),
                  "asks for nginx")
    common.expect(examine({**good, "core/CMakeLists.txt": ""}), "nothing asks for `OpenSSL`")
    common.expect(examine({**good, "README.md": head + row.replace("Apache-2.0", "Proprietary")}),
                  "is no licence", "is not linked in")
    common.expect(examine({**good, "README.md": head + row.replace("Apache-2.0", "MPL-2.0")}),
                  "is not linked in")
    common.expect(examine({**good, "README.md": head + row.replace("library", "attic")}),
                  "is none of")
    common.expect(examine({**good, "README.md": head + row + row.replace("`libssl-dev`", "`x`")}),
                  "stands in the table twice", "nothing asks for `x`")
    common.expect(examine({**good, "a/package.json": '{"dependencies":{"ws":"1"}}'}),
                  "asks for ws")
    common.expect(examine({**good, "a.csproj": '<PackageReference Include="Xunit" />'}),
                  "asks for Xunit")
    common.expect(examine({**good, "pyproject.toml": 'requires = ["pybind11>=2.10"]'}),
                  "asks for pybind11")
    common.expect(examine({**good, "third/COPYING": "x"}), "one licence for the whole tree")
    common.expect(examine({**good, "core/a.cpp": "// Copy" "right (c) 2011 Somebody\n"}),
                  "somebody's copyright")


if __name__ == "__main__":
    common.main(check, self_test)
