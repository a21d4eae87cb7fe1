#!/usr/bin/env python3
"""Prints "PASSED FAILED SKIPPED" cases of one junit file of ctest, for the sums of scripts/test.

Must not call a test that ran nothing a success. A Catch2 program counts as its test cases, any
other test as one.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

ALL_PASSED = re.compile(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)")
SOME_FAILED = re.compile(r"^test cases:\s*(\d+)\s*\|(.*)$", re.MULTILINE)
NOTHING_RAN = re.compile(r"^No tests ran", re.MULTILINE)


def catch_counts(output):
    """(passed, failed) as the program printed them, or None when it is no Catch2 program."""
    if NOTHING_RAN.search(output):
        return 0, 1
    match = ALL_PASSED.search(output)
    if match:
        return int(match.group(1)), 0
    match = SOME_FAILED.search(output)
    if not match:
        return None
    passed = re.search(r"(\d+) passed", match.group(2))
    failed = re.search(r"(\d+) failed", match.group(2))
    return int(passed.group(1)) if passed else 0, int(failed.group(1)) if failed else 0


def counts(junit_text):
    passed = failed = skipped = 0
    for case in ElementTree.fromstring(junit_text).iter("testcase"):
        status = case.get("status")
        if status in ("notrun", "disabled"):
            reason = case.find("skipped")
            text = reason.get("message", "") if reason is not None else ""
            # A program that could not be started is "not run" too, and that is a failure.
            if status == "disabled" or text.startswith("SKIP_"):
                skipped += 1
            else:
                failed += 1
            continue
        output = case.findtext("system-out") or ""
        case_passed, case_failed = catch_counts(output) or (1, 0)
        if status != "run":
            case_passed, case_failed = catch_counts(output) or (0, 1)
            case_failed = max(case_failed, 1)
        passed += case_passed
        failed += case_failed
    return passed, failed, skipped


def self_test():
    def suite(*cases):
        return "<testsuite>" + "".join(cases) + "</testsuite>"

    def case(status, output="", inner=""):
        return (f'<testcase name="t" status="{status}">{inner}'
                f"<system-out>{output}</system-out></testcase>")

    good = case("run", "All tests passed (12 assertions in 5 test cases)")
    assert counts(suite(good)) == (5, 0, 0)
    assert counts(suite(case("run", "plain"))) == (1, 0, 0)
    bad = case("fail", "test cases: 3 | 2 passed | 1 failed\n", '<failure message=""/>')
    assert counts(suite(good, bad)) == (7, 1, 0)
    crash = case("fail", "Segmentation fault", '<failure message=""/>')
    assert counts(suite(crash)) == (0, 1, 0)
    leak = case("fail", "All tests passed (1 assertion in 1 test case)\nERROR: LeakSanitizer")
    assert counts(suite(leak)) == (1, 1, 0)
    assert counts(suite(case("run", "No tests ran"))) == (0, 1, 0)
    unbuilt = case("notrun", "", '<skipped message="Unable to find executable"/>')
    assert counts(suite(unbuilt)) == (0, 1, 0)
    chosen = case("notrun", "", '<skipped message="SKIP_RETURN_CODE=77"/>')
    assert counts(suite(chosen)) == (0, 0, 1)


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        print("self-test passed")
    else:
        with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
            text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", file.read())
        print(*counts(text))
