#!/usr/bin/env python3
"""Writes copies of the pure layers with every planted bug of the catalogue in them, all asleep.

Must not touch the sources. A copy is written only where its text changes, so that a build does not
start anew; what it prints is the list of copies.
"""
import argparse
import json
import os
import sys

INCLUDE = '#include "tests/mutants/mutant.hpp"\n'


def mutated(text, entries):
    for entry in entries:
        if text.count(entry["find"]) != 1:
            sys.exit(f"mutant {entry['id']}: its text occurs {text.count(entry['find'])} times in "
                     f"{entry['file']}; see tests/checks/mutants.py")
        text = text.replace(entry["find"], entry["replace"])
    # Behind `#pragma once` of a header, before the first line of code of a source.
    at = text.index("#include")
    return text[:at] + INCLUDE + text[at:]


def write_if_changed(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as file:
            if file.read() == text:
                return
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", required=True)
    parser.add_argument("--out", required=True, help="the copies go to OUT/core/...")
    options = parser.parse_args()
    with open(f"{options.root}/tests/mutants/catalogue.json", encoding="utf-8") as file:
        catalogue = json.load(file)
    files = {}
    for entry in catalogue:
        files.setdefault(entry["file"], []).append(entry)
    for name, entries in sorted(files.items()):
        with open(f"{options.root}/{name}", encoding="utf-8") as file:
            text = file.read()
        write_if_changed(f"{options.out}/{name}", mutated(text, entries))
    print(";".join(sorted(files)))


if __name__ == "__main__":
    main()
