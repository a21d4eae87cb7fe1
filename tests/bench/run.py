#!/usr/bin/env python3
"""Runs the bench: one server for all, each subject in a process of its own, shuffled in each round.

Must not judge: a missed target is printed and the exit code stays 0. Standard library only.
"""

import argparse
import atexit
import datetime
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import metrics  # noqa: E402
import report  # noqa: E402
from metrics import ALL, METRICS, OURS, RAW, TARGETS  # noqa: E402

SLOW_RESULT_S = 2.0  # A subject that took longer for one release is not asked again.


class Server:
    """The bench server; ends when its standard input is closed."""

    def __init__(self, program, ca_file, key):
        self.ca_file = ca_file
        self._process = subprocess.Popen(
            [program, "--ca-file", ca_file, "--key", key], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: the server did not start")
        self._ports = json.loads(line)

    def url(self, scheme, path):
        protocol = "ws" if scheme == "plain" else "wss"
        return f"{protocol}://127.0.0.1:{self._ports[scheme]}{path}"

    def stats(self):
        self._process.stdin.write("stats\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("bench: the server has ended")
        return json.loads(line)

    def pin(self, cpus):
        os.sched_setaffinity(self._process.pid, cpus)

    def stop(self):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Progress:
    """One line that is written over on a terminal; now and then a line elsewhere."""

    def __init__(self, total, quiet):
        self._total = max(total, 1)
        self._done = 0
        self._begin = time.monotonic()
        self._last = 0.0
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()

    def step(self, text, count=1):
        now = time.monotonic()
        line = (f"[{self._done * 100 // self._total:3d} %, {now - self._begin:4.0f} s] {text}")
        self._done += count
        if self._quiet:
            return
        if self._terminal:
            print("\r\x1b[K" + line, end="", file=sys.stderr, flush=True)
        elif now - self._last > 15:
            self._last = now
            print(line, file=sys.stderr, flush=True)

    def end(self):
        if self._terminal and not self._quiet:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
        return time.monotonic() - self._begin


class Bench:
    """Starts the programs and keeps what they answer."""

    def __init__(self, options, programs, server):
        self.samples = report.Samples()
        self._options = options
        self._programs = programs
        self._server = server
        self._given_up = set()
        self._running = set()
        self._cpus = sorted(os.sched_getaffinity(0))

    def plan(self):
        """The metrics of this run with the subjects that were built."""
        result = []
        for metric in METRICS:
            if self._options.only and not any(word in metric.name for word in self._options.only):
                continue
            subjects = [name for name in metric.subjects if name in self._programs]
            if subjects:
                result.append((metric, subjects))
        return result

    def rounds_of(self, metric):
        wanted = self._options.rounds
        return min(wanted, metric.rounds) if metric.rounds else wanted

    def run(self, plan, progress):
        shuffler = random.Random(self._options.seed)
        for number in range(self._options.rounds):
            for metric, subjects in plan:
                if number >= self.rounds_of(metric):
                    continue
                order = [name for name in subjects if (metric.name, name) not in self._given_up]
                shuffler.shuffle(order)
                label = f"round {number + 1} of {self._options.rounds}: {metric.name}"
                if metric.together:
                    progress.step(label, len(subjects))
                    running = [(name, self._start(metric, name)) for name in order]
                    for name, process in running:
                        self._take(metric, name, number, process)
                    continue
                for name in order:
                    progress.step(f"{label}, {name}")
                    self._measure(metric, name, number)
                progress.step(label, len(subjects) - len(order))

    def _measure(self, metric, name, number):
        before = self._server.stats()
        self._take(metric, name, number, self._start(metric, name))
        after = self._server.stats()
        if metric.name == "reconnect_tls":
            handshakes = after["tls_handshakes"] - before["tls_handshakes"]
            resumed = after["tls_resumed"] - before["tls_resumed"]
            # The first handshake of the process has nothing to resume.
            if handshakes > 1:
                text = "resumed" if resumed >= handshakes - 1 else (
                    f"resumed {resumed} of {handshakes - 1}" if resumed else "not resumed")
                self.samples.note(metric.name, name, text)

    def _pinned(self, metric):
        if len(self._cpus) < 2 or self._options.pin == "none":
            return False
        return self._options.pin == "all" or metric.latency

    def _start(self, metric, name):
        arguments = dict(metric.arguments)
        if self._options.quick:
            arguments.update(metric.quick)
        arguments.update(metric.slow_subjects.get(name, {}))
        command = [self._programs[name], metric.program, "--url",
                   self._server.url(metric.scheme, metric.path), "--ca-file",
                   self._server.ca_file]
        for key, value in arguments.items():
            command += [f"--{key}", str(value)]
        pinned = self._pinned(metric)
        self._server.pin({self._cpus[-1]} if pinned else set(self._cpus))
        if pinned:
            command = ["taskset", "--cpu-list", str(self._cpus[0])] + command
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True)
        self._running.add(process)
        return process

    def stop(self):
        """Ends what this run started and did not take the answer of."""
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def _take(self, metric, name, number, process):
        try:
            out, err = process.communicate(timeout=metric.timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self._running.discard(process)
            self._fail(metric, name, f"no answer within {metric.timeout_s:g} s")
            return
        self._running.discard(process)
        if process.returncode != 0 or not out.strip():
            text = err.strip().splitlines()[-1:] or [f"ended with {process.returncode}"]
            self._fail(metric, name, text[0])
            return
        answer = json.loads(out.strip().splitlines()[-1])
        values = answer["values"]
        for figure in metric.figures:
            if figure.value in values:
                self.samples.add(figure.name, name, number, values[figure.value])
        self._note_bound(metric, name, answer)

    def _note_bound(self, metric, name, answer):
        if metric.program != "release":
            return
        first, second = metric.figures
        bound = f"> {answer['values']['gone_ms'] / 1e3:.0f} s, then given up"
        if answer["note"] == "longer":
            self.samples.note(first.name, name, bound)
        if answer["note"]:
            self.samples.note(second.name, name, bound)
        if answer["values"]["gone_ms"] > SLOW_RESULT_S * 1e3:
            self._given_up.add((metric.name, name))

    def _fail(self, metric, name, text):
        """A subject that fails is shown as such and not asked again in this run."""
        self._given_up.add((metric.name, name))
        for figure in metric.figures:
            self.samples.note(figure.name, name, f"failed: {text}")


def find_programs(build):
    programs = {}
    for name in ALL:
        for path in (build / "tests" / "bench" / f"bench_{name}", build / f"bench_{name}"):
            if path.is_file():
                programs[name] = str(path)
                break
    return programs


def find_server(build):
    for path in (build / "tests" / "bench" / "bench_server", build / "bench_server"):
        if path.is_file():
            return str(path)
    raise SystemExit(f"bench: no bench_server below {build}; run scripts/bench")


def compiler_of(build):
    cache = build / "CMakeCache.txt"
    if not cache.is_file():
        return "compiler unknown"
    found = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.+)$", cache.read_text(), re.MULTILINE)
    if not found:
        return "compiler unknown"
    answer = subprocess.run([found.group(1), "--version"], capture_output=True, text=True,
                            check=False)
    return answer.stdout.splitlines()[0] if answer.stdout else "compiler unknown"


def machine_line(build, options):
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (f"machine: {model}, {os.cpu_count()} cores, Linux {platform.release()}, "
            f"{compiler_of(build)}, {now}, load {load:.1f} at the start, "
            f"{options.key} certificate, pin {options.pin}, priority {options.priority}, "
            f"seed {options.seed}")


def raise_priority(nice):
    """Linux weighs whole sessions first (autogroup), so the nice value alone would do little."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    session = Path("/proc/self/autogroup")
    try:
        before = session.read_text().split()[-1]
        session.write_text(str(nice))
        atexit.register(session.write_text, before)  # The session outlives this run.
    except OSError:
        pass


def library_kib(path, strip):
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "library.so"
        shutil.copyfile(path, copy)
        if strip:
            subprocess.run(["strip", "--strip-unneeded", str(copy)], check=True)
        return copy.stat().st_size / 1024


def measure_library(samples, build, programs):
    """Ours stripped; the peers' as Debian ships them, which is stripped."""
    ours = sorted(path for path in build.rglob("libgraceline.so*") if not path.is_symlink())
    name = metrics.LIBRARY_SIZE.name
    if ours:
        samples.add(name, OURS, 0, library_kib(ours[0], True))
    for subject, pattern in (("cpprest", r"libcpprest\S* => (\S+)"),
                             ("libwebsockets", r"libwebsockets\S* => (\S+)")):
        if subject not in programs:
            continue
        answer = subprocess.run(["ldd", programs[subject]], capture_output=True, text=True,
                                check=False)
        found = re.search(pattern, answer.stdout)
        if found:
            samples.add(name, subject, 0, library_kib(found.group(1), False))


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures graceline against a raw loop and its peers.")
    parser.add_argument("--build", type=Path, default=Path("build/release"),
                        help="the build directory (scripts/bench gives it)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write one object a line")
    parser.add_argument("--quick", action="store_true", help="one short round, about a minute")
    parser.add_argument("--only", action="append", metavar="METRIC",
                        help="only metrics whose name holds this; may be given again")
    parser.add_argument("--subject", action="append", choices=ALL,
                        help="only this subject (raw is always there); may be given again")
    parser.add_argument("--rounds", type=int, default=0, help="default 5, with --quick 1")
    parser.add_argument("--pin", choices=("none", "latency", "all"), default="latency",
                        help="put server and subject on a core each (default: latency metrics)")
    parser.add_argument("--priority", type=int, default=0, metavar="NICE",
                        help="run all at this nice value (below 0 needs root) on a busy machine")
    parser.add_argument("--key", choices=("rsa", "ecdsa"), default="rsa",
                        help="the server's key: RSA 2048 (default) or ECDSA P-256")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 16),
                        help="of the order of the subjects")
    parser.add_argument("--list", action="store_true", help="print the metrics and end")
    options = parser.parse_args()
    if options.rounds <= 0:
        options.rounds = 1 if options.quick else 5
    return options


def print_report(samples, options, begun, out):
    figures = [figure for metric in METRICS for figure in metric.figures] + [metrics.LIBRARY_SIZE]
    print(begun, file=out)
    print("ratios are medians of ratios within a round; 'of raw': one thread, the limit; 'of hop': "
          "the raw loop behind one thread hop\n", file=out)
    for figure in figures:
        report.print_figure(samples, figure, out)
    report.print_targets(samples, TARGETS, {figure.name: figure for figure in figures}, out)
    if options.json:
        report.write_json(samples, figures, options.json)


def main():
    options = parse_arguments()
    if options.list:
        for metric in METRICS:
            print(f"{metric.name:<20} {metric.figures[0].title}")
        return 0
    programs = find_programs(options.build)
    if options.subject:
        programs = {name: path for name, path in programs.items()
                    if name in options.subject or name == RAW}
    if not programs:
        raise SystemExit(f"bench: no subject below {options.build}; run scripts/bench")
    if options.priority:
        raise_priority(options.priority)
    begun = machine_line(options.build, options)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(find_server(options.build), str(Path(folder) / "ca.pem"), options.key)
        bench = Bench(options, programs, server)
        plan = bench.plan()
        if not plan:
            raise SystemExit("bench: no such metric; see --list")
        total = sum(len(subjects) * bench.rounds_of(metric) for metric, subjects in plan)
        progress = Progress(total, False)
        try:
            bench.run(plan, progress)
        except KeyboardInterrupt:
            print("\nbench: stopped early; what there is follows", file=sys.stderr)
        finally:
            bench.stop()
            server.stop()
        seconds = progress.end()
    if not options.only:
        measure_library(bench.samples, options.build, programs)
    print_report(bench.samples, options, begun, sys.stdout)
    if OURS not in programs:
        print("graceline itself was not measured: its library is not in this build.")
    print(f"{seconds:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
