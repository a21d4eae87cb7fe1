#!/usr/bin/env python3
"""Figures of the C# binding beside ClientWebSocket, and what a Unity frame pays; prints tables.

Must not fail because of a figure. Subjects of a round run one after the other, so that a ratio is
taken within the round; a figure is the median of the rounds.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))
import run as tests  # noqa: E402 (found by the line above)

# What becomes of a message: our subjects, and what ClientWebSocket does that makes the same.
RECEIVE = (("read where it lies", ("views", "batches"), "peer-buffer"),
           ("bytes that may be kept", ("objects",), "peer-copies"),
           ("a string", ("view-strings", "object-strings"), "peer-strings"))
# "hook" is the way that the binding does not take; it is here so that the choice can be checked.
ECHO = ("handler", "batches", "hook", "peer")
RATES = (20000, 200000)
# At once: only the hand-overs between threads count. With a pause: all of them sleep meanwhile.
PAUSES_MS = (0, 2)


class Bench:
    def __init__(self, options):
        self.run = tests.Run(options.build, options.out)
        self.program = self.run.path("bin/Graceline.Bench/release/Graceline.Bench.dll")
        self.config = os.path.splitext(self.program)[0] + ".runtimeconfig.json"
        code, output = self.run.call("dotnet", "build", HERE, "-c", "Release",
                                     "-nodeReuse:false", "-v", "q")
        if code != 0:
            sys.exit(output)
        with open(self.config, "w", encoding="utf-8") as file:
            json.dump(tests.RUNTIME_CONFIG, file)

    def numbers(self, runtime, *arguments):
        command = (["mono", self.program] if runtime == "mono" else
                   ["dotnet", "exec", "--runtimeconfig", self.config, self.program])
        code, output = self.run.call(*command, *arguments, library=self.run.native(), seconds=60)
        if code != 0:
            sys.exit(f"{arguments}: {output}")
        return [float(each) for each in output.split()]


def median(rows, index):
    return statistics.median(row[index] for row in rows)


def rounds_of(bench, what, subjects, url, rounds, *more):
    rows = {subject: [] for subject in subjects}
    for number in range(rounds):
        order = subjects if number % 2 == 0 else tuple(reversed(subjects))
        for subject in order:
            rows[subject].append(bench.numbers("net", what, subject, url, *more))
    return rows


def report_receive(bench, url, rounds):
    subjects = tuple(name for _, own, peer in RECEIVE for name in own + (peer,))
    rows = rounds_of(bench, "receive", subjects, url + "/flood?size=100", rounds)
    print("\nreceive, 100-byte text, .NET: messages/s | times its peer | bytes a message")
    for title, own, peer in RECEIVE:
        print(f"  {title}")
        for subject in own + (peer,):
            ratio = statistics.median(each[0] / other[0]
                                      for each, other in zip(rows[subject], rows[peer]))
            print(f"    {subject:16} {median(rows[subject], 0):12,.0f} {ratio:8.2f} "
                  f"{median(rows[subject], 1):10.3f}")


def report_echo(bench, url, rounds):
    for pause in PAUSES_MS:
        rows = rounds_of(bench, "echo", ECHO, url + "/echo", rounds, str(pause))
        print(f"\necho, 100 bytes, .NET, {pause} ms between two: p50 us | p99 us")
        for subject in ECHO:
            row = rows[subject]
            print(f"  {subject:16} {median(row, 0):10.1f} {median(row, 1):10.1f}")


def report_pump(bench, rounds):
    print("\nPump() in a 60 Hz frame: messages a frame | p50 us | p99 us | bytes a message")
    for runtime in ("net", "mono") if shutil.which("mono") else ("net",):
        for rate in RATES:
            row = [bench.numbers(runtime, "pump", str(rate)) for _ in range(rounds)]
            print(f"  {runtime:4} {rate:7,}/s {median(row, 0):8.0f} {median(row, 1):8.1f} "
                  f"{median(row, 2):8.1f} {median(row, 3):8.3f}")


def server_program(options):
    """The bench server of this tree, built where the others of the bench are."""
    folder = os.path.join(ROOT, "build", "csharp-bench-server")
    for command in (["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                     "-DGRACELINE_BUILD_BENCH=ON", "-DGRACELINE_BUILD_TESTS=OFF"],
                    ["cmake", "--build", folder, "--target", "bench_server"]):
        if options.server:
            return options.server
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return os.path.join(folder, "tests/bench/bench_server")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.path.join(ROOT, "build/release"))
    parser.add_argument("--out", default=os.path.join(ROOT, "build/csharp"))
    parser.add_argument("--server", help="the bench server's program; built when not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("receive", "echo", "pump"))
    options = parser.parse_args()
    bench = Bench(options)
    process = subprocess.Popen(
        [server_program(options), "--ca-file", bench.run.path("bench-ca.pem")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = f"ws://127.0.0.1:{json.loads(process.stdout.readline())['plain']}"
        for name, report in (("receive", lambda: report_receive(bench, url, options.rounds)),
                             ("echo", lambda: report_echo(bench, url, options.rounds)),
                             ("pump", lambda: report_pump(bench, options.rounds))):
            if options.only in (None, name):
                report()
    finally:
        process.stdin.close()
        process.wait(timeout=10)


if __name__ == "__main__":
    main()
