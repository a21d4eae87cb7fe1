#!/usr/bin/env python3
"""Runs the Python bench: this package, python3-websockets and aiohttp against the same servers.

Must not judge: a missed target is printed and the exit code stays 0.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PEERS = ("websockets", "aiohttp")
OURS = ("graceline", "graceline_thread")
RUN_S = 60
# Metric -> (subjects, messages of a quick library, of a slow one, the figure, its unit)
METRICS = {
    "messages": (OURS + PEERS, 1_000_000, 100_000, "rate", "messages/s, async for over messages"),
    "batches": (OURS, 2_000_000, 0, "rate", "messages/s, in batches"),
    "echo": (OURS + PEERS, 0, 0, "p50_us", "us, echo p50"),
    "offered_20k": (OURS + PEERS, 40_000, 40_000, "cpu_us", "us CPU a message, 20,000/s offered"),
    "offered_200k": (("graceline",), 400_000, 0, "count", "messages of 400,000, 200,000/s offered"),
}


class Server:
    """A server that ends with its standard input and prints its port."""

    def __init__(self, *command):
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True)
        self.answer = json.loads(self._process.stdout.readline())

    def stop(self):
        self._process.stdin.close()
        self._process.wait(10)


def url_of(metric, count, plain, paced):
    if metric.startswith("offered_"):
        rate = 20_000 if metric == "offered_20k" else 200_000
        return f"ws://127.0.0.1:{paced}/{rate}/{count}"
    if metric == "echo":
        return f"ws://127.0.0.1:{plain}/echo"
    return f"ws://127.0.0.1:{plain}/flood?size=100&count={count}"


def measure(build, subject, metric, plain, paced):
    row = METRICS[metric]
    count = row[1] if subject in OURS else row[2]
    environment = {**os.environ, "PYTHONPATH": str(build / "bindings/python/package")}
    done = subprocess.run(
        [sys.executable, str(HERE / "subjects.py"), subject, metric,
         url_of(metric, count, plain, paced), str(count)],
        capture_output=True, text=True, timeout=RUN_S, env=environment)
    if done.returncode != 0:
        raise SystemExit(f"bench: {subject}, {metric}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def report(metric, results, lines):
    subjects, _, _, figure, unit = METRICS[metric]
    print(f"\n{metric}: {unit}")
    for subject in subjects:
        runs = results[subject]
        values = [run[figure] for run in runs]
        extra = ""
        if "p99_us" in runs[0]:
            extra = f"   p99 {statistics.median(run['p99_us'] for run in runs):,.0f} us"
        elif "cpu_us" in runs[0]:
            extra = f"   CPU {statistics.median(run['cpu_us'] for run in runs):.2f} us a message"
        print(f"  {subject:18} {statistics.median(values):14,.1f}   "
              f"({min(values):,.1f} to {max(values):,.1f}){extra}")
        lines.append({"metric": metric, "subject": subject, "unit": unit,
                      "median": statistics.median(values), "min": min(values),
                      "max": max(values), "runs": len(values)})


def targets(results):
    def median(metric, subject, figure):
        return statistics.median(run[figure] for run in results[metric][subject])

    def say(text, reached):
        print(f"  {'reached' if reached else 'NOT REACHED'}: {text}")
    print("\nTargets")
    if "messages" in results:
        ratio = median("messages", "graceline", "rate") / median("messages", "websockets", "rate")
        say(f"async for over messages at least 4 times python3-websockets: {ratio:.1f}", ratio >= 4)
    if "batches" in results:
        rate = median("batches", "graceline", "rate")
        say(f"1.5 million messages/s in batches: {rate / 1e6:.2f}", rate >= 1.5e6)
    if "echo" in results:
        ours, theirs = (median("echo", each, "p50_us") for each in ("graceline", "websockets"))
        say(f"echo p50 no worse than python3-websockets: {ours:.0f} and {theirs:.0f} us",
            ours <= theirs)
    if "offered_200k" in results:
        count = median("offered_200k", "graceline", "count")
        say(f"200,000/s offered, nothing lost: {count:,.0f} of 400,000", count == 400_000)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--metric", action="append", choices=METRICS, help="only these")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the subjects")
    parser.add_argument("--json", type=Path, help="one object a line")
    options = parser.parse_args()
    flood = Server(options.build / "bindings/python/graceline_python_flood_server",
                   "--ca-file", str(options.build / "python-bench-ca.pem"))
    paced = Server(sys.executable, str(HERE / "paced_server.py"))
    shuffler = random.Random(options.seed)
    chosen = options.metric or list(METRICS)
    results = {metric: {subject: [] for subject in METRICS[metric][0]} for metric in chosen}
    rounds = 1 if options.quick else options.rounds
    try:
        for _ in range(rounds):
            for metric in chosen:
                order = list(METRICS[metric][0])
                shuffler.shuffle(order)
                for subject in order:
                    results[metric][subject].append(
                        measure(options.build, subject, metric, flood.answer["plain"],
                                paced.answer))
    finally:
        flood.stop()
        paced.stop()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {rounds} rounds, load "
          f"{os.getloadavg()[0]:.1f}")
    lines = []
    for metric in chosen:
        report(metric, results[metric], lines)
    targets(results)
    if options.json:
        options.json.write_text("".join(json.dumps(line) + "\n" for line in lines))


if __name__ == "__main__":
    main()
