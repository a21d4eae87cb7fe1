#!/usr/bin/env python3
"""Plays the whole demo with a short window and judges its account of the messages by their ids.

Must not trust the summary alone: the ledger file says it message by message.
Usage: PROGRAM DEVSERVER.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

SECONDS_A_DEMO = 100
PROGRAM, DEVSERVER = "", ""


def environment():
    """What cpprestsdk still holds when the process ends is no leak of a program that ends."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "ASAN_OPTIONS": (options + ":" if options else "") + "detect_leaks=0"}


class Demo(unittest.TestCase):
    def test_what_was_missed_is_replayed_none_lost_none_doubled(self):
        with tempfile.TemporaryDirectory() as folder:
            ledger_file = os.path.join(folder, "ledger")
            svg_file = os.path.join(folder, "demo.svg")
            result = subprocess.run(
                [PROGRAM, "--devserver", DEVSERVER, "--grace", "2s", "--ledger", ledger_file,
                 "--svg", svg_file],
                capture_output=True, text=True, check=False, timeout=SECONDS_A_DEMO,
                stdin=subprocess.DEVNULL, env=environment())
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            with open(ledger_file, encoding="utf-8") as file:
                entries = [json.loads(line) for line in file]
            with open(svg_file, encoding="utf-8") as file:
                picture = file.read()
        summary = dict(re.findall(r"^    ([a-z ]+): (\d+)$", result.stdout, re.MULTILINE))
        self.assertEqual(summary["lost"], "0")
        self.assertEqual(summary["doubled"], "0")
        self.assertEqual(summary["out of order"], "0")
        self.assertGreater(int(summary["replayed"]), 0)
        self.assertGreater(int(summary["live"]), 0)
        self.assertEqual(summary["published"], summary["delivered"])
        self.assertIn("published ids == delivered ids, each once, in order: yes", result.stdout)
        self.assertEqual({entry["deliveries"] for entry in entries}, {1})
        self.assertEqual(len(entries), int(summary["published"]))
        replayed = [entry["id"] for entry in entries if entry["outcome"] == "replayed"]
        self.assertEqual(len(replayed), int(summary["replayed"]))
        self.assertEqual(len({entry["id"] for entry in entries}), len(entries))
        for identity in replayed:
            self.assertIn(identity + ": missed, and replayed", picture)


if __name__ == "__main__":
    PROGRAM, DEVSERVER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
