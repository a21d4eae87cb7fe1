"""Every shared scenario, on graceline._core over the scripted library.

Must fail without that library; it is no reason to skip.
"""
import copy
import json
from pathlib import Path

import pytest

from runner import play

FOLDER = Path(__file__).resolve().parents[4] / "tests" / "scenarios"
FILES = sorted(FOLDER.glob("*.json"))
# Files whose expectations are spoilt one by one: each must then be found.
SPOILT = ("quick_switch.json", "outbox_fates.json", "messages_with_fields.json",
          "request_pages.json", "r6_deadline.json", "r14_refused.json", "token_none.json")


def test_there_are_scenarios():
    assert len(FILES) >= 80


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_scenario(file):
    failure = await play(json.loads(file.read_text(encoding="utf-8")))
    assert failure is None, failure


def changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return "something else"


def spoil(container, root, out):
    """Copies of root with one value below container made into another one."""
    keys = list(container) if isinstance(container, dict) else range(len(container))
    for key in keys:
        if isinstance(container[key], (dict, list)):
            spoil(container[key], root, out)
            continue
        before, container[key] = container[key], changed(container[key])
        out.append(copy.deepcopy(root))
        container[key] = before
    if isinstance(container, list):
        container.append({})
        out.append(copy.deepcopy(root))
        container.pop()


@pytest.mark.parametrize("name", SPOILT)
async def test_each_expectation_can_fail(name):
    scenario = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    spoilt = 0
    for number, step in enumerate(scenario["steps"]):
        for verb in ("expect", "expect_messages", "expect_events"):
            if verb not in step:
                continue
            wrong = []
            spoil(scenario["steps"][number][verb], scenario, wrong)
            for each in wrong:
                failure = await play(each)
                assert failure is not None and failure.startswith(f"step {number + 1} "), \
                    (each["steps"][number], failure)
                spoilt += 1
    assert spoilt > 0


@pytest.mark.parametrize("slip", [
    {"dance": {}}, {"state": "asleep"}, {"start": {"now": True}}, {"expect": {"mood": "good"}},
    {"world": {"dance": 1}}, {"world": {"cut": True}}, {"start": {}, "connect": {}},
    {"expect": {"needs_refresh": True}, "error": "closed"}], ids=json.dumps)
async def test_slips_of_the_pen_are_found(slip):
    steps = [{"create": {"url": "ws://127.0.0.1:1/ws"}}, slip]
    failure = await play({"steps": steps})
    assert failure is not None and failure.startswith("step 2 ")
