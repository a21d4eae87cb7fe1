#!/usr/bin/env python3
"""Prints the branches of the pure layers that their tests took, and holds the engine to a bound.

Must not count the hidden branches of exceptions, nor those that end a program by an assertion.
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile

LAYERS = ("engine", "history", "keeper", "session", "websocket")
BOUND = {"engine": 95.0}


def assertion_lines(text):
    """Numbers of the lines that belong to an assertion."""
    found, depth = set(), 0
    for number, line in enumerate(text.splitlines(), 1):
        if depth == 0 and "assert(" not in line:
            continue
        found.add(number)
        from_here = line if depth else line[line.index("assert("):]
        depth = max(0, depth + from_here.count("(") - from_here.count(")"))
    return found


def without_assertions(taken, root):
    """The same, less the branches that only a bug could take."""
    kept = {}
    for path, branches in taken.items():
        with open(os.path.join(root, path), encoding="utf-8") as file:
            lines = assertion_lines(file.read())
        kept[path] = {key: count for key, count in branches.items() if key[0] not in lines}
    return kept


def branches_of(report, root):
    """{file: {(line, index): times taken}} of one report of gcov."""
    found = {}
    for file in report["files"]:
        # Paths are those of the compiler's command line.
        whole = os.path.join(report["current_working_directory"], file["file"])
        path = os.path.relpath(os.path.realpath(whole), os.path.realpath(root))
        if not path.startswith("core/"):
            continue
        taken = found.setdefault(path, {})
        for line in file["lines"]:
            visible = [branch for branch in line["branches"] if not branch["throw"]]
            for index, branch in enumerate(visible):
                # Of a template or an inline function each object has its own copy.
                key = (line["line_number"], index)
                taken[key] = taken.get(key, 0) + branch["count"]
    return found


def merge(into, more):
    for path, branches in more.items():
        taken = into.setdefault(path, {})
        for key, count in branches.items():
            taken[key] = taken.get(key, 0) + count


def gcov(data_file, root):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["gcov", "--branch-probabilities", "--json-format", data_file], cwd=folder,
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in os.listdir(folder):
            with gzip.open(os.path.join(folder, name), "rt", encoding="utf-8") as file:
                yield branches_of(json.load(file), root)


def collect(build, root):
    taken = {}
    for folder, _, names in os.walk(build):
        for name in names:
            if name.endswith(".gcda"):
                for report in gcov(os.path.abspath(os.path.join(folder, name)), root):
                    merge(taken, report)
    return without_assertions(taken, root)


def share(branches):
    """(percent, taken, all) of {(line, index): times}."""
    hit = sum(1 for count in branches.values() if count)
    return (100.0 * hit / len(branches) if branches else 100.0), hit, len(branches)


def summarize(taken, show):
    """Lines of the table, and what is below its bound."""
    lines, below = [], []
    for layer in LAYERS:
        files = {path: taken[path] for path in taken if path.startswith(f"core/{layer}/")}
        whole = {(path, key): count for path, branches in files.items()
                 for key, count in branches.items()}
        if not whole:
            continue
        percent, hit, count = share(whole)
        lines.append(f"{layer:<10} {percent:6.2f} %  {hit} of {count} branches")
        if layer == show:
            for path, branches in sorted(files.items()):
                missed = sorted({line for (line, _), times in branches.items() if not times})
                if missed:
                    lines.append(f"  {path} {share(branches)[0]:.1f} %: lines "
                                 + " ".join(map(str, missed)))
        if percent < BOUND.get(layer, 0):
            below.append(f"{layer}: {percent:.2f} % of branches, {BOUND[layer]} % are wanted")
    for layer in BOUND:
        if not any(line.startswith(layer) for line in lines):
            below.append(f"{layer}: nothing was measured")
    return lines, below


def self_test():
    def report(*counts):
        branches = [{"count": count, "throw": throw} for count, throw in counts]
        return {"current_working_directory": "/b/c",
                "files": [{"file": "../../core/engine/a.cpp",
                           "lines": [{"line_number": 3, "branches": branches}]}]}

    taken = {}
    merge(taken, branches_of(report((1, False), (0, False), (0, True)), "/"))
    assert summarize(taken, "engine")[0][0].endswith("1 of 2 branches"), taken
    assert summarize(taken, "engine")[1] and "3" in summarize(taken, "engine")[0][1]
    merge(taken, branches_of(report((0, False), (5, False), (0, True)), "/"))
    assert not summarize(taken, "engine")[1], taken
    assert summarize({}, "engine")[1] == ["engine: nothing was measured"]
    assert not branches_of({"current_working_directory": "/b", "files": [
        {"file": "/usr/include/a.h", "lines": []}]}, "/")
    text = "a(b);\nif (c) assert(d &&\n    (e));\nf();\nassert(g);\n"
    assert assertion_lines(text) == {2, 3, 5}, assertion_lines(text)
    print("self-test passed")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--root", default=".")
    parser.add_argument("--build", default="build/coverage")
    parser.add_argument("--show", default="engine", help="the layer whose missed lines are listed")
    options = parser.parse_args()
    if options.self_test:
        return self_test()
    root = os.path.abspath(options.root)
    lines, below = summarize(collect(options.build, root), options.show)
    print("\n".join(lines + below))
    return sys.exit(1 if below else 0)


if __name__ == "__main__":
    main()
