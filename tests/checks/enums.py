#!/usr/bin/env python3
"""Holds the enums of graceline.h and their twins in core/ equal: the same names, the same numbers.

Must not be silent about a twin that moved: a twin that is not found is a finding.
"""
import re

import common
import header_text

# Enum of the header -> (file of its twin, name of the twin).
TWINS = {
    "graceline_reason": ("core/engine/reason.hpp", "GRACELINE_REASONS"),
    "graceline_disposition": ("core/engine/reason.hpp", "Disposition"),
    "graceline_phase": ("core/engine/phase.hpp", "Phase"),
    "graceline_connection_status": ("core/engine/phase.hpp", "ConnectionStatus"),
    "graceline_application_state": ("core/engine/application_state.hpp", "ApplicationState"),
    "graceline_network": ("core/engine/application_state.hpp", "Network"),
    "graceline_task_cause": ("core/engine/task.hpp", "TaskCause"),
    "graceline_gap_verdict": ("core/engine/continuity.hpp", "GapVerdict"),
    "graceline_fate": ("core/engine/outbox.hpp", "Fate"),
    "graceline_token_placement": ("core/client/token_rule.hpp", "TokenPlacement"),
    "graceline_event_type": ("core/client/event.hpp", "EventType"),
}
# Prefixes of values that are not the enum's own name in capitals.
PREFIXES = {"graceline_status": "GRACELINE_", "graceline_event_type": "GRACELINE_EVENT_"}
# Enums whose values are flags or negative, so that they do not count 0, 1, 2.
NOT_CONSECUTIVE = {"graceline_status", "graceline_message_flag"}


def twin_values(text, name):
    """[(name, number)] of an X-macro table or an enum class, or None when it is not there."""
    table = re.search(rf"#define {name}\(X\)((?:.*\\\n)*.*\n)", text)
    if table:
        return [(value, number) for number, value in
                enumerate(re.findall(r"\bX\((\w+),", table.group(1)))]
    bare = common.without_comments(text)
    body = re.search(rf"enum class {name}\b[^{{;]*\{{(.*?)\}}", bare, re.DOTALL)
    if not body:
        return None
    values, number = [], 0
    for item in body.group(1).split(","):
        match = re.match(r"\s*(\w+)\s*(?:=\s*(-?\w+))?\s*$", item)
        if match:
            number = int(match.group(2), 0) if match.group(2) else number
            values.append((match.group(1), number))
            number += 1
    return values


def public_values(enum, findings):
    prefix = PREFIXES.get(enum.name, enum.name.upper() + "_")
    values = []
    for name, number in enum.values:
        if not name.startswith(prefix):
            findings.append(f"{enum.name}: {name} does not start with {prefix}")
            continue
        values.append((name[len(prefix):].lower(), number))
    numbers = [number for _, number in enum.values]
    if enum.name not in NOT_CONSECUTIVE and numbers != list(range(len(numbers))):
        findings.append(f"{enum.name}: the values do not count 0, 1, 2 ...")
    return values


def examine(header, sources, twins):
    findings = []
    enums = {enum.name: enum for enum in header_text.enums(header)}
    for name, enum in enums.items():
        values = public_values(enum, findings)
        if name not in twins:
            continue
        path, twin = twins[name]
        theirs = twin_values(sources.get(path, ""), twin)
        if theirs is None:
            findings.append(f"{name}: its twin {twin} is not in {path}")
            continue
        for ours, other in zip(values, theirs):
            if ours != other:
                findings.append(f"{name}: {ours[0]} = {ours[1]}, but {twin} has "
                                f"{other[0]} = {other[1]}")
                break
        else:
            if len(values) != len(theirs):
                findings.append(f"{name} has {len(values)} values, {twin} has {len(theirs)}")
    findings += [f"{name} is not in the header" for name in twins if name not in enums]
    return findings


def check(options):
    header = common.read(options.root, header_text.HEADER)
    sources = {path: common.read(options.root, path) for path, _ in TWINS.values()}
    findings = examine(header, sources, TWINS)
    return findings, (f"{len(header_text.enums(header))} enums, {len(TWINS)} twins, "
                      f"{len(findings)} findings")


def self_test():
    header = ("typedef enum graceline_reason {\n GRACELINE_REASON_NONE = 0,\n"
              " GRACELINE_REASON_LOST = 1 /**< x */\n} graceline_reason;\n"
              "typedef enum graceline_phase {\n GRACELINE_PHASE_IDLE = 0\n} graceline_phase;\n")
    twins = {"graceline_reason": ("r", "REASONS"), "graceline_phase": ("p", "Phase")}
    good = {"r": '#define REASONS(X) \\\n    X(none, "a") \\\n    X(lost, "b")\n',
            "p": "enum class Phase : std::uint8_t {\n    idle,  ///< x\n};\n"}
    common.expect(examine(header, good, twins))
    renamed = {**good, "r": good["r"].replace("lost", "gone")}
    common.expect(examine(header, renamed, twins), "gone = 1")
    grown = {**good, "p": good["p"].replace("idle,", "idle, open,")}
    common.expect(examine(header, grown, twins), "Phase has 2")
    common.expect(examine(header, {**good, "p": ""}, twins), "its twin Phase")
    common.expect(examine(header.replace("LOST = 1", "LOST = 2"), good, twins),
                  "do not count", "REASONS has lost = 1")
    common.expect(examine(header.replace("GRACELINE_PHASE_IDLE", "GRACELINE_IDLE"), good, twins),
                  "does not start", "graceline_phase has 0")


if __name__ == "__main__":
    common.main(check, self_test)
