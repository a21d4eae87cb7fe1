#!/usr/bin/env python3
"""Holds the catalogue of planted bugs to the sources: each still has its one place, none overlaps.

Must not apply them; that a mutant is noticed is shown where they are run.
"""
import json
import os
import re

import common

CATALOGUE = "tests/mutants/catalogue.json"
KEYS = {"id", "name", "rule", "file", "find", "replace"}
PURE = ("core/engine/", "core/websocket/", "core/session/", "core/history/", "core/keeper/")
RULES = {f"R{n}" for n in range(26)} | {"trust", "gap", "section 4", "section 5"}
LEAST = 44


def examine(entries, sources):
    findings, names, spans = [], set(), {}
    if [entry.get("id") for entry in entries] != list(range(1, len(entries) + 1)):
        findings.append(f"{CATALOGUE}: the ids are not 1, 2, 3 ...")
    for entry in entries:
        where = f"{CATALOGUE}: {entry.get('id')}"
        if set(entry) != KEYS:
            findings.append(f"{where}: has not exactly {', '.join(sorted(KEYS))}")
            continue
        path, find, replace = entry["file"], entry["find"], entry["replace"]
        if entry["rule"] not in RULES:
            findings.append(f"{where}: '{entry['rule']}' is no rule of the contract")
        if entry["name"] in names:
            findings.append(f"{where}: the name '{entry['name']}' stands twice")
        names.add(entry["name"])
        own = re.findall(r"MUTANT\((\d+)\)", replace)
        if not own or set(own) != {str(entry["id"])}:
            findings.append(f"{where}: its text does not test MUTANT({entry['id']}) alone")
        if not path.startswith(PURE):
            findings.append(f"{where}: {path} is in no pure layer")
            continue
        text = sources(path)
        if text.count(find) != 1:
            findings.append(f"{where}: its text occurs {text.count(find)} times in {path}")
            continue
        begin = text.index(find)
        for other_begin, other_end, other in spans.get(path, []):
            if begin < other_end and other_begin < begin + len(find):
                findings.append(f"{where}: overlaps {other} in {path}")
        spans.setdefault(path, []).append((begin, begin + len(find), entry["id"]))
    missing = sorted(RULES - {entry.get("rule") for entry in entries})
    if len(entries) < LEAST or missing:
        findings.append(f"{CATALOGUE}: {len(entries)} mutants, none of {', '.join(missing)}")
    return findings


def check(options):
    entries = json.loads(common.read(options.root, CATALOGUE))

    def sources(path):
        return common.read(options.root, path) if os.path.isfile(f"{options.root}/{path}") else ""

    findings = examine(entries, sources)
    return findings, f"{len(entries)} mutants, {len(findings)} findings"


def self_test():
    rules = sorted(RULES)

    def entry(number, **changes):
        made = {"id": number, "name": f"bug {number}", "rule": rules[number % len(rules)],
                "file": "core/engine/a.cpp", "find": f"line{number};",
                "replace": f"if (!MUTANT({number})) line{number};"}
        return {**made, **changes}

    text = "".join(f"line{n};\n" for n in range(1, LEAST + 1))

    def with_first(**changes):
        entries = [entry(n) for n in range(1, LEAST + 1)]
        entries[0] = entry(1, **changes)
        return examine(entries, lambda path: text)

    common.expect(with_first())
    common.expect(with_first(id=7, replace="MUTANT(7)"), "the ids are not")
    common.expect(with_first(rule=rules[1], find="gone;"), "occurs 0 times")
    common.expect(with_first(find="line"), "occurs 44 times")
    common.expect(with_first(find="line2;\nline3;"), "2: overlaps 1", "3: overlaps 1")
    common.expect(with_first(replace="line1;"), "does not test MUTANT(1)")
    common.expect(with_first(replace="MUTANT(2)"), "does not test MUTANT(1)")
    common.expect(with_first(file="core/driver/a.cpp"), "in no pure layer")
    common.expect(with_first(name="bug 2"), "stands twice")
    common.expect(with_first(why="so"), "has not exactly")
    common.expect(examine([entry(1)], lambda path: text), "1 mutants, none of")
    common.expect(with_first(rule="R99"), "is no rule")


if __name__ == "__main__":
    common.main(check, self_test)
