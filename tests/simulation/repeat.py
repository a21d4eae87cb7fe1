#!/usr/bin/env python3
"""Shows that a seed is a life: the same trace byte for byte, and another seed another one.

Must run the real program. Also lives a few thousand lives, so that plain ctest has them too.
"""
import subprocess
import sys

SEEDS = range(1, 41)
SCHEDULES = "3000"


def trace(program, seed):
    run = subprocess.run([program, "--seed", str(seed), "--trace"], stdout=subprocess.PIPE,
                         check=False)
    if run.returncode != 0:
        sys.exit(f"seed {seed}: exit code {run.returncode}\n{run.stdout[-500:].decode()}")
    return run.stdout


def main(program):
    traces = [trace(program, seed) for seed in SEEDS]
    for seed, first in zip(SEEDS, traces):
        if trace(program, seed) != first:
            sys.exit(f"seed {seed}: a second run differs from the first")
    if len(set(traces)) != len(traces):
        sys.exit("two seeds live the same life")
    if min(len(each) for each in traces) < 1000:
        sys.exit("a life of which there is next to nothing to tell")
    lives = subprocess.run([program, "--schedules", SCHEDULES, "--quiet"], check=False)
    wrong = subprocess.run([program, "--schedules"], stderr=subprocess.DEVNULL, check=False)
    if wrong.returncode != 2:
        sys.exit(f"wrong use ends with {wrong.returncode}, not 2")
    print(f"{len(traces)} lives repeat byte for byte")
    return lives.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
