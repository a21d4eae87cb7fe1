"""The examples that the READMEs show, run for real against the dev server.

Must run every file of examples/python.
"""
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from conftest import ROOT

EXAMPLES = ROOT / "examples" / "python"
READMES = (ROOT / "bindings/python/README.md", ROOT / "README.md")
BOUND_S = 30


def run(name, *arguments):
    done = subprocess.run([sys.executable, str(EXAMPLES / name), *arguments], capture_output=True,
                          text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_app_that_switches_quickly(devserver):
    devserver.publish("old")
    said = run("app.py", f"127.0.0.1:{devserver.port}", "0.1")
    assert said.endswith("nothing was missed: skip the refresh\n")


def test_app_that_must_refresh(devserver):
    devserver.publish("old")
    program = (EXAMPLES / "app.py").read_text(encoding="utf-8").replace("grace=30.0", "grace=0.0")
    done = subprocess.run([sys.executable, "-c", program, f"127.0.0.1:{devserver.port}", "0.1"],
                          capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    assert "1 messages, 1 conversations" in done.stdout


def test_script(devserver):
    said = run("script.py", f"127.0.0.1:{devserver.port}")
    assert re.fullmatch(r"sent; message \S+ came back; 1 in the room\n", said)


def test_script_without_a_server():
    done = subprocess.run([sys.executable, str(EXAMPLES / "script.py"), "127.0.0.1:1"],
                          capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 1
    assert done.stderr.startswith("ConnectionFailedError: ")


def test_bot(devserver):
    bot = subprocess.Popen([sys.executable, str(EXAMPLES / "bot.py"), devserver.url()],
                           stdout=subprocess.PIPE, text=True)
    try:
        for line in bot.stdout:
            if line.startswith("connected"):
                break
        devserver.publish("ping")
        answers = []
        while not answers:
            items = devserver.ask("GET", "/messages?conversation=lobby")["items"]
            answers = [item for item in items if json.dumps(item).find("pong") >= 0]
        bot.send_signal(signal.SIGINT)
        assert bot.wait(BOUND_S) == 0
    finally:
        bot.kill()
        bot.stdout.close()


def test_every_example_is_run_and_shown_text_is_theirs():
    here = Path(__file__).read_text(encoding="utf-8")
    for file in EXAMPLES.glob("*.py"):
        assert f'"{file.name}"' in here
    bound = [match for readme in READMES
             for match in re.findall(r"<!-- from: (\S+) -->\n```python", readme.read_text())]
    unbound = [readme for readme in READMES
               for _ in re.findall(r"(?<!-->\n)```python", readme.read_text())]
    assert bound and not unbound
    assert all(os.path.exists(ROOT / path) for path in bound)
