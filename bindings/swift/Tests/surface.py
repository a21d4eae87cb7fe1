#!/usr/bin/env python3
"""Writes what Swift sees of graceline.h, one declaration a line, and compares it with surface.txt.

Must not run a compiler: it reads the symbol graph that Swift's own tool has made of CGraceline.
Usage: surface.py GRAPH.json [--write]
"""
import difflib
import json
import os
import sys

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "surface.txt")
# What every imported struct and enum has, and says nothing of this header.
DERIVED = ("init(rawValue:)", "rawValue", "!=(_:_:)", "hash(into:)", "hashValue", "init()",
           "~=(_:_:)")


def lines(graph):
    found = set()
    for symbol in graph["symbols"]:
        if symbol["pathComponents"][-1] in DERIVED or symbol["names"]["title"] == "Self":
            continue
        if not symbol["identifier"]["precise"].startswith("c:"):
            continue
        text = "".join(part["spelling"] for part in symbol.get("declarationFragments", []))
        owner = ".".join(symbol["pathComponents"][:-1])
        found.add(f"{owner + ': ' if owner else ''}{' '.join(text.split())}")
    return sorted(found)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        seen = lines(json.load(file))
    if "--write" in sys.argv:
        with open(GOLDEN, "w", encoding="utf-8") as file:
            file.write("\n".join(seen) + "\n")
        return
    with open(GOLDEN, encoding="utf-8") as file:
        golden = file.read().splitlines()
    difference = list(
        difflib.unified_diff(golden, seen, "surface.txt", "this compiler", lineterm=""))
    print("\n".join(difference[:40]) or f"{len(seen)} declarations")
    sys.exit(1 if difference or len(seen) < 300 else 0)


if __name__ == "__main__":
    main()
