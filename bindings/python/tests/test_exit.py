"""The interpreter ends while the feed runs: 60 times in each mode, and never a crash.

Must run each exit in a process of its own.
"""
import concurrent.futures
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("exit_program.py")
ENDINGS = ("return", "exit", "raise", "interrupt", "terminate", "os_exit")
# What the process may say to its parent, by ending.
EXPECTED = {"return": {0}, "exit": {0}, "raise": {1}, "os_exit": {0},
            "interrupt": {1, 130, -signal.SIGINT}, "terminate": {-signal.SIGTERM}}
EXITS = int(os.environ.get("GRACELINE_TEST_EXITS", "60"))
BOUND_S = 60


def run_one(url, mode, ending):
    done = subprocess.run([sys.executable, str(PROGRAM), mode, ending, url], capture_output=True,
                          text=True, timeout=BOUND_S)
    if done.stdout != "feeding\n" or done.returncode not in EXPECTED[ending] \
            or "Fatal Python error" in done.stderr or "terminate called" in done.stderr:
        return f"{mode}, {ending}: exit {done.returncode}, {done.stdout!r}, {done.stderr[-2000:]}"
    return None


@pytest.mark.parametrize("mode", ["descriptor", "thread", "sync", "daemon", "closed"])
def test_exits_while_the_feed_runs(flood_url, mode):
    url = f"{flood_url}/flood?size=100"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run_one, url, mode, ENDINGS[number % len(ENDINGS)])
                for number in range(EXITS)]
        failures = [run.result() for run in runs if run.result() is not None]
    assert not failures, f"{len(failures)} of {EXITS}: {failures[0]}"
