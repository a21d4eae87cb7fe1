#!/usr/bin/env python3
"""Wakes one planted bug after the other and lives simulated lives until one breaks a promise.

Must not count a unit test: what is measured is the simulator. A mutant is killed by an invariant,
by an assertion of the code, or by a life that does not end.
"""
import argparse
import concurrent.futures
import json
import re
import subprocess
import sys
import time

BROKEN = re.compile(r"seed (\d+) broke invariant (\d+ \([^)]*\))")
ASSERTED = re.compile(r"simulate --seed (\d+)")
SECONDS_FOR_ONE = 240


def run(options, entry):
    """(what killed it, within how many schedules); (None, all) when it lives."""
    command = [options.program, "--mutant", str(entry["id"]), "--schedules",
               str(options.schedules), "--seed", str(options.seed), "--jobs", "1", "--quiet"]
    try:
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               timeout=SECONDS_FOR_ONE, check=False)
    except subprocess.TimeoutExpired:
        return "a life that does not end", 0
    if ended.returncode == 0:
        return None, options.schedules
    found = BROKEN.search(ended.stdout)
    if found:
        return found.group(2), int(found.group(1)) - options.seed + 1
    found = ASSERTED.search(ended.stderr)
    if found:
        text = re.search(r'&& "([^"]*)"', ended.stderr)
        why = f"assertion: {text.group(1)}" if text else "an assertion"
        return why, int(found.group(1)) - options.seed + 1
    sys.exit(f"mutant {entry['id']}: exit code {ended.returncode}\n{ended.stdout}{ended.stderr}")


def explanations(path):
    try:
        with open(path, encoding="utf-8") as file:
            return {int(key): text for key, text in json.load(file).items()}
    except FileNotFoundError:
        return {}


def table(options, results, explained):
    killed = sum(1 for _, what, _ in results if what)
    lines = [
        "# Planted bugs, and what notices them", "",
        "Written by `scripts/mutants --write`; do not edit. Each bug is one entry of",
        "[catalogue.json](catalogue.json); it was written from SPEC before the simulator could",
        f"be seen. {killed} of {len(results)} are killed within {options.schedules:,} schedules.",
        "",
        "| bug | rule | what was planted | killed by | schedules |",
        "| ---: | --- | --- | --- | ---: |",
    ]
    for entry, what, within in results:
        by = what or f"**lives**: {explained.get(entry['id'], 'not explained')}"
        lines.append(f"| {entry['id']} | {entry['rule']} | {entry['name']} | {by} | "
                     f"{within if what else '-'} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="a simulate that was built with mutants")
    parser.add_argument("--root", default=".")
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, help="so many of those that are known to be killed")
    parser.add_argument("--ids", type=int, nargs="*")
    parser.add_argument("--write", action="store_true", help="tests/mutants/TABLE.md")
    options = parser.parse_args()
    folder = f"{options.root}/tests/mutants"
    with open(f"{folder}/catalogue.json", encoding="utf-8") as file:
        catalogue = json.load(file)
    explained = explanations(f"{folder}/survivors.json")
    chosen = [each for each in catalogue if not options.ids or each["id"] in options.ids]
    if options.sample:
        alive = [each for each in chosen if each["id"] not in explained]
        # Another part of them each day, all of them within a few.
        first = int(time.time() // 86_400) * options.sample
        chosen = [alive[(first + i) % len(alive)] for i in range(min(options.sample, len(alive)))]
        print(f"mutants: today {', '.join(str(each['id']) for each in chosen)}", flush=True)
    results = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for entry, result in zip(chosen, pool.map(lambda each: run(options, each), chosen)):
            what, within = result
            results.append((entry, what, within))
            verdict = f"killed by {what} within {within}" if what else "LIVES"
            print(f"  {entry['id']:3} {entry['rule']:9} {verdict}: {entry['name']}", flush=True)
    if options.write:
        with open(f"{folder}/TABLE.md", "w", encoding="utf-8") as file:
            file.write(table(options, results, explained))
    lives = [entry["id"] for entry, what, _ in results if not what]
    unexplained = [each for each in lives if each not in explained]
    print(f"mutants: {len(results) - len(lives)} of {len(results)} killed within "
          f"{options.schedules} schedules; alive: {lives or 'none'}")
    if unexplained:
        print(f"not explained in tests/mutants/survivors.json: {unexplained}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
