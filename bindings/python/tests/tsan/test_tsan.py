"""The extension and the core under ThreadSanitizer, in an interpreter that knows nothing of it.

Must see a planted race, or its silence would say nothing.
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

PROGRAM = Path(__file__).with_name("tsan_program.py")
PACKAGE = os.environ.get("GRACELINE_TEST_TSAN_PACKAGE")
RUNTIME = os.environ.get("GRACELINE_TEST_TSAN_RUNTIME")
BOUND_S = 120
RACED = 66
RACE = """
#include <pthread.h>
static int shared;
static void* write_it(void* unused) { for (int i = 0; i < 1000; ++i) ++shared; return unused; }
void race(void) {
    pthread_t one, two;
    pthread_create(&one, 0, write_it, 0);
    pthread_create(&two, 0, write_it, 0);
    pthread_join(one, 0);
    pthread_join(two, 0);
}
"""


def run(*command, **environment):
    return subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S, env={
        **os.environ, "LD_PRELOAD": RUNTIME, "PYTHONMALLOC": "malloc",
        "TSAN_OPTIONS": f"exitcode={RACED}:suppressions={ROOT}/tests/checks/tsan.supp",
        **environment})


@pytest.fixture(autouse=True)
def lane():
    assert PACKAGE and RUNTIME, "scripts/test --lane python sets what this needs"


def test_a_planted_race_is_seen(tmp_path):
    (tmp_path / "race.c").write_text(RACE)
    library = tmp_path / "race.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-g", "-fsanitize=thread", str(tmp_path / "race.c"),
                    "-o", str(library)], check=True)
    done = run(sys.executable, "-c", f"import ctypes; ctypes.CDLL('{library}').race()")
    assert done.returncode == RACED and "data race" in done.stderr


def test_threads_and_loops(devserver):
    done = run(sys.executable, str(PROGRAM), devserver.echo, PYTHONPATH=PACKAGE)
    assert done.stdout == "done\n", done.stderr[-6000:]
    assert done.returncode == 0, done.stderr[-6000:]
