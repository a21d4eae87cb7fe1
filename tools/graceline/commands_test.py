#!/usr/bin/env python3
"""Runs the program `graceline` against the dev server, and judges what it prints by message ids.

Must not look into the library: what a user sees is all there is. Usage: PROGRAM DEVSERVER.
"""
import json
import os
import subprocess
import sys
import unittest
import urllib.request

SECONDS_A_COMMAND = 30
PROGRAM, DEVSERVER = "", ""


class DevServer:
    """A dev server on free ports, which ends when its standard input is closed."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [DEVSERVER, "--port", "0", "--control-port", "0", "--exit-with-stdin", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()
        self.url = words[2]
        self.control = words[4].rstrip("/")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=SECONDS_A_COMMAND)
        self.process.stdout.close()

    def post(self, path, value):
        request = urllib.request.Request(self.control + path, json.dumps(value).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS_A_COMMAND) as answer:
            return json.load(answer)

    def publish(self, room, count):
        """The ids of that many new messages."""
        return [self.post("/messages", {"conversation": room, "sender": "me",
                                        "body": f"message {i}"})["id"] for i in range(count)]


def environment():
    """What cpprestsdk still holds when the process ends is no leak of a program that ends."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "ASAN_OPTIONS": (options + ":" if options else "") + "detect_leaks=0"}


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False,
                          timeout=SECONDS_A_COMMAND, stdin=subprocess.DEVNULL, env=environment())


def ids_of(text):
    return [json.loads(line)["id"] for line in text.splitlines()]


class Commands(unittest.TestCase):
    def setUp(self):
        self.server = DevServer()
        self.addCleanup(self.server.stop)
        self.room = self.server.url + "?room=a"

    def test_history_prints_every_message_once_oldest_first(self):
        ids = self.server.publish("a", 75)
        self.server.publish("b", 3)
        for arguments, pages in (["--all"], 1), (["--limit", "30", "--pages", "9"], 3):
            result = run("history", self.room, "--json", *arguments)
            self.assertEqual(ids_of(result.stdout), ids)
            self.assertEqual(result.returncode, 0)
            plural = "" if pages == 1 else "s"
            self.assertEqual(result.stderr,
                             f"75 messages, {pages} page{plural}, end proven\n")

    def test_history_of_one_page_is_the_newest_and_says_that_there_may_be_more(self):
        ids = self.server.publish("a", 40)
        result = run("history", self.room, "--limit", "2")
        lines = result.stdout.splitlines()
        self.assertEqual([line.split("[")[1].split("]")[0] for line in lines], ids[-2:])
        self.assertTrue(lines[1].endswith("me: message 39"), lines[1])
        self.assertEqual(result.stderr, "2 messages, 1 page, there may be more\n")

    def test_history_from_a_message_prints_what_is_newer(self):
        ids = self.server.publish("a", 50)
        result = run("history", self.room, "--json", "--from", ids[9], "--limit", "15",
                     "--pages", "9")
        self.assertEqual(ids_of(result.stdout), ids[10:])
        self.assertIn("end proven", result.stderr)

    def test_history_by_a_template_of_its_own_and_another_conversation(self):
        ids = self.server.publish("other room", 5)
        origin = self.server.url.replace("ws://", "http://").replace("/ws", "")
        result = run("history", self.room, "--json", "--conversation", "other room",
                     "--history-url", origin + "/messages{?before,conversation,limit,after}")
        self.assertEqual(ids_of(result.stdout), ids)
        self.assertEqual(ids_of(run("history", self.room, "--json", "--conversation",
                                    "other room").stdout), ids)

    def test_history_that_fails_says_why_and_gives_5(self):
        self.server.publish("a", 1)
        result = run("history", self.room, "--from", "nobody-knows-it")
        self.assertEqual((result.returncode, result.stdout), (5, ""))
        self.assertIn("graceline: history: ", result.stderr)
        self.assertIn("HTTP 404", result.stderr)
        self.assertEqual(run("history", "ws://127.0.0.1:1/ws").returncode, 5)
        self.assertEqual(run("history", "http://127.0.0.1:1/ws").returncode, 2)

    def test_history_behind_a_token(self):
        server = DevServer("--token", "right")
        self.addCleanup(server.stop)
        ids = server.publish("a", 3)
        room = server.url + "?room=a"
        self.assertEqual(ids_of(run("history", room, "--json", "--token", "right").stdout), ids)
        refused = run("history", room, "--json", "--token", "wrong-secret")
        self.assertEqual(refused.returncode, 5)
        self.assertNotIn("secret", refused.stderr)

    def test_listen_since_a_message_shows_the_missed_ones_replayed(self):
        ids = self.server.publish("a", 20)
        result = run("listen", self.room, "--json", "--since", ids[4], "--count", "15")
        events = [json.loads(line) for line in result.stdout.splitlines()]
        messages = [event for event in events if event["type"] == "message"]
        self.assertEqual([message["id"] for message in messages], ids[5:])
        self.assertTrue(all(message["replayed"] for message in messages))
        self.assertIn("15 of them replayed", events[-1]["text"])
        self.assertTrue(events[-1]["text"].endswith("--since " + ids[-1]), events[-1])

    def test_send_with_acks_is_done_when_acknowledged_and_stored_once(self):
        arguments = ["send", self.room, '{"body":"hello"}', "--json", "--ack-pointer", "/ack",
                     "--id-member", "client_id", "--id", "mine"]
        for _ in range(2):
            result = run(*arguments)
            self.assertEqual(result.returncode, 0, result.stdout)
            self.assertIn('"fate":"acknowledged"', result.stdout)
        stored = run("history", self.room, "--json").stdout.splitlines()
        self.assertEqual([json.loads(line)["client_id"] for line in stored], ["mine"])


if __name__ == "__main__":
    PROGRAM, DEVSERVER = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
