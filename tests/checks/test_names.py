#!/usr/bin/env python3
"""Holds the names of Catch2 cases to "<subject>: <situation> -> <outcome>", each with a tag.

Must not judge the words; two cases of one program with one name it does find.
"""
import re

import common

CASE = re.compile(r'\b(?:TEMPLATE_)?TEST_CASE\(\s*((?:"(?:\\.|[^"\\])*"\s*)+)(?:,\s*"([^"]*)")?')
NAME = re.compile(r"^\S.*: \S.* -> \S")


def cases(text):
    """(name, tags, line) of each case."""
    for match in CASE.finditer(text):
        name = "".join(re.findall(r'"((?:\\.|[^"\\])*)"', match.group(1)))
        yield name, match.group(2) or "", text.count("\n", 0, match.start()) + 1


def examine(path, text):
    findings, seen = [], set()
    for name, tags, line in cases(text):
        where = f"{path}:{line}"
        if not NAME.match(name):
            findings.append(f'{where}: "{name}" is not "<subject>: <situation> -> <outcome>"')
        if not re.match(r"^\[\w+", tags):
            findings.append(f'{where}: "{name}" has no tag')
        if name in seen:
            findings.append(f'{where}: "{name}" stands twice in this file')
        seen.add(name)
    return findings


def check(options):
    findings, count = common.examine_files(options.root, examine, (".cpp",))
    return findings, f"{count} files, {len(findings)} findings"


def self_test():
    common.expect(examine("a.cpp", 'TEST_CASE("a: b -> c", "[engine]") {}\n'))
    common.expect(examine("a.cpp", 'TEST_CASE("a: b "\n          "-> c", "[engine]") {}\n'))
    common.expect(examine("a.cpp", 'TEST_CASE("a: b", "[engine]") {}\n'), "is not")
    common.expect(examine("a.cpp", 'TEST_CASE("a: b -> c") {}\n'), "has no tag")
    common.expect(examine("a.cpp", 'TEST_CASE("a: b -> c", "[x]") {}\n' * 2), "stands twice")


if __name__ == "__main__":
    common.main(check, self_test)
