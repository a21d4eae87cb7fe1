#!/usr/bin/env python3
"""Holds the scenario files to tests/scenarios/README.md: verbs, names, and every rule told.

Must not run them: what a member means is the runners' business.
"""
import json
import os
import re

import common

FOLDER = "tests/scenarios/"
NAME = re.compile(r"^\S.*: \S.* -> \S")
CALLS = {"create", "start", "connect", "disconnect", "ping", "close", "state", "network",
         "background_time_expiring", "send", "refresh_begin", "mark_refreshed", "provide_token",
         "provide_page", "fetch_previous", "fetch_next", "fetch_conversations"}
LOOKS = {"background_time", "expect", "expect_messages", "expect_events", "forget_events", "world"}
COMMANDS = {"reset", "advance_ms", "freeze_ms", "sleep_ms", "server", "server_sends",
            "server_closes", "cut", "black_hole", "expect"}
WITH_FREEZE = {"server_sends", "io_waits"}
RULES = {f"R{number}" for number in range(26)}


def examine_step(step):
    """What is wrong with one step, or None."""
    if not isinstance(step, dict):
        return "a step is an object"
    verbs = set(step) - {"error"}
    if len(verbs) != 1:
        return "a step has one verb"
    verb = verbs.pop()
    if verb not in CALLS | LOOKS:
        return f'unknown verb "{verb}"'
    if "error" in step and verb not in CALLS:
        return f'"error" does not go with "{verb}"'
    if verb != "world":
        return None
    command = set(step["world"])
    if "freeze_ms" in command:
        command -= WITH_FREEZE
    if len(command) != 1 or not command <= COMMANDS:
        return f"no such command of the world: {json.dumps(step['world'])}"
    return None


def expects(step):
    return bool({"expect", "expect_messages", "expect_events", "error"} & set(step)
                or "expect" in step.get("world", {}))


def examine(path, text):
    """(findings, name) of one file."""
    try:
        scenario = json.loads(text)
    except ValueError as error:
        return [f"{path}: no JSON: {error}"], ""
    if not isinstance(scenario, dict) or set(scenario) != {"name", "steps"}:
        return [f"{path}: a scenario has a name and steps"], ""
    findings = []
    name, steps = scenario["name"], scenario["steps"]
    if not NAME.match(name):
        findings.append(f'{path}: "{name}" is not "<subject>: <situation> -> <outcome>"')
    for number, step in enumerate(steps, 1):
        wrong = examine_step(step)
        if wrong:
            findings.append(f"{path}: step {number}: {wrong}")
    if not findings and not expects(steps[-1]):
        findings.append(f"{path}: the last step expects nothing")
    return findings, name


def examine_all(texts):
    findings, names = [], {}
    for path, text in sorted(texts.items()):
        of_file, name = examine(path, text)
        findings += of_file
        if name in names:
            findings.append(f'{path}: "{name}" is told in {names[name]} too')
        names[name] = path
    told = {name.split(":")[0] for name in names}
    findings += [f"{FOLDER}: nobody tells {rule}" for rule in sorted(RULES - told)]
    return findings


def check(options):
    folder = os.path.join(options.root, FOLDER)
    texts = {FOLDER + file: common.read(options.root, FOLDER + file)
             for file in os.listdir(folder) if file.endswith(".json")}
    findings = examine_all(texts)
    return findings, f"{len(texts)} scenarios, {len(findings)} findings"


def self_test():
    def scenario(*steps, name="a: b -> c"):
        return json.dumps({"name": name, "steps": list(steps)})

    def found(*steps, name="a: b -> c"):
        return examine("a.json", scenario(*steps, name=name))[0]

    look = {"expect": {}}
    common.expect(found({"start": {}}, look))
    common.expect(found({"world": {"freeze_ms": 1, "io_waits": True}}, look))
    common.expect(found({"ping": {}, "error": "closed"}))
    common.expect(found(look, name="a: b"), "is not")
    common.expect(found({"dance": {}}, look), "unknown verb")
    common.expect(found({"start": {}, "ping": {}}, look), "one verb")
    common.expect(found({"expect": {}, "error": "closed"}), "does not go with")
    common.expect(found({"world": {"dance": 1}}, look), "no such command")
    common.expect(found({"world": {"cut": True, "io_waits": True}}, look), "no such command")
    common.expect(found({"start": {}}), "expects nothing")
    common.expect(examine("a.json", "{")[0], "no JSON")
    common.expect(examine("a.json", "[]")[0], "a name and steps")
    rules = {f"{rule}.json": scenario(look, name=f"{rule}: b -> c") for rule in RULES}
    common.expect(examine_all(rules))
    common.expect(examine_all(rules | {"z.json": rules["R1.json"]}), "is told in")
    common.expect(examine_all({name: text for name, text in rules.items() if name != "R7.json"}),
                  "nobody tells R7")


if __name__ == "__main__":
    common.main(check, self_test)
