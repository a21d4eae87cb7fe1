#!/usr/bin/env python3
"""Holds tests of every language to conditions instead of sleeps, to seeds, and to real assertions.

Must not judge what needs a reader: names are test_names.py's, sizes are files.py's.
"""
import re

import common

TEST_FILE = re.compile(
    r"^tests/.*\.(c|cpp|h|hpp|py|js)$"
    r"|^(tools|bindings|examples)/(.*/)?tests?/.*\.(c|cpp|h|hpp|py|js|cs|swift)$"
    r"|^(tools|bindings)/.*(_test|Tests?)\.(c|cpp|py|cs|swift)$")
# These drive real sockets, real servers and the real clock.
SLEEPING = re.compile(r"^tests/(driver|servers|bench|client)/"
                      r"|^tests/capi/[\w/]*(realtime|real_clock|freeze|deadline)\w*\.\w+$")
SLEEPS = re.compile(
    r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|\b(time|asyncio)\.sleep\(\s*(?!0\s*\))"
    r"|(?<![\w.:])sleep\(\d|\bThread\.[sS]leep\s*\(|(?<!, )\bTask\.Delay\s*\(|\bTask\.sleep\s*\(")
ENTROPY = re.compile(
    r"\brandom_device\b|(?<![\w.:])s?rand\(\)|\bMath\.random\(|\brandom\.(random|randint|choice)\("
    r"|\bnew Random\(\)|\.random\(in:")
PURE = re.compile(r"^tests/(engine|websocket|session|history|keeper|simulation|mutants)/")
WALL_CLOCK = re.compile(r"\bsystem_clock\b|\bsteady_clock\b|\bCLOCK_(REALTIME|MONOTONIC|BOOTTIME)\b"
                        r"|(?<![\w.:])time\((nullptr|NULL|0)?\)")
DISABLED = re.compile(r'"\[[^"]*(\.\]|\[\.|!mayfail|!shouldfail|!hide)|\bDISABLED_'
                      r"|@(unittest|pytest\.mark)\.(skip|xfail)\b(?!If|if|\()|\[Ignore\]")
CASE = re.compile(r"^(?:TEMPLATE_)?TEST_CASE\(", re.M)
ASSERTION = re.compile(r"\b(CHECK|REQUIRE|FAIL)\w*\b|\b(check|require|expect|compare)\w*\(")
# A run that chose its own seed takes one from outside as well, so that it can be repeated.
SEED = re.compile(r"GRACELINE_SEED|--seed\b")
FUNCTION = re.compile(r"^\w[\w:<>,&* ]*\b(\w+)\([^;{}]*\)[^;{}]*\{", re.M)
# Whose judge is not in the text of the case.
JUDGED_ELSEWHERE = {
    "resolver: loop is gone before the answer -> nothing happens": "by the sanitizers",
    "table: two inputs in a row, everywhere -> nothing that must hold breaks": "by the harness",
}
# Programs that print how fast they were.
FIGURES = re.compile(r"^tests/bench/|^tests/simulation/main\.cpp$|(_bench|throughput)\.cpp$")


def body_at(text, start):
    """From there to the brace in the first column."""
    return text[start:text.find("\n}", start)]


def asserting(code):
    """Names of the functions of a file that assert, or call one that does."""
    functions = {match[1]: body_at(code, match.start()) for match in FUNCTION.finditer(code)}
    names = {name for name, body in functions.items() if ASSERTION.search(body)}
    while True:
        more = {name for name, body in functions.items() if name not in names
                and names & set(re.findall(r"\b(\w+)\(", body))}
        if not more:
            return names
        names |= more


def idle_cases(text, code):
    """Lines of the test cases that assert nothing, neither themselves nor by a function."""
    names = asserting(code)
    for match in CASE.finditer(code):
        body = body_at(code, match.start())
        title = re.search(r'"((?:\\.|[^"\\])*)"', text[match.start():])
        if ASSERTION.search(body) or names & set(re.findall(r"\b(\w+)\(", body)):
            continue
        if title and title[1] not in JUDGED_ELSEWHERE:
            yield code.count("\n", 0, match.start()) + 1


def examine(path, text):
    if not TEST_FILE.match(path) or path.startswith("tests/checks/"):
        return []
    findings = []
    code = common.without_comments(text) if path.endswith(common.CODE_SUFFIXES) else text
    lines, plain = code.splitlines(), text.splitlines()
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        if SLEEPS.search(line) and not SLEEPING.match(path):
            findings.append(f"{where}: a sleep in a test: {line.strip()[:60]}")
        if ENTROPY.search(line) and not FIGURES.search(path) and not SEED.search(text):
            findings.append(f"{where}: chance without a seed: {line.strip()[:60]}")
        if WALL_CLOCK.search(line) and PURE.match(path) and not FIGURES.search(path):
            findings.append(f"{where}: a clock in a test of a pure layer: {line.strip()[:60]}")
        if DISABLED.search(plain[number - 1]):
            findings.append(f"{where}: a test that does not run: {line.strip()[:60]}")
    if path.endswith(".cpp"):
        findings += [f"{path}:{line}: a test case that asserts nothing"
                     for line in idle_cases(text, code)]
    return findings


def check(options):
    files = [path for path in common.tree_files(options.root) if TEST_FILE.match(path)]
    findings = []
    for path in files:
        findings += examine(path, common.read(options.root, path))
    return findings, f"{len(files)} test files, {len(findings)} findings"


def self_test():
    case = 'TEST_CASE("a: b -> c", "[d]") {\n    CHECK(1 == 1);\n}\n'
    sleep = "    std::this_thread::sleep_for(1ms);\n"
    common.expect(examine("tests/engine/a_test.cpp", case))
    common.expect(examine("tests/engine/a_test.cpp", case + sleep), "a sleep")
    common.expect(examine("tests/engine/a_test.cpp", case + "// sleep_for(1ms)\n"))
    common.expect(examine("tests/driver/a_test.cpp", case + sleep))
    common.expect(examine("tests/capi/deadline_test.cpp", case + sleep))
    common.expect(examine("core/a.cpp", sleep))
    common.expect(examine("bindings/python/tests/a.py", "time.sleep(1)\n"), "a sleep")
    common.expect(examine("bindings/python/tests/a.py", "await asyncio.sleep(0.1)\n"), "a sleep")
    common.expect(examine("bindings/python/tests/a.py", "await asyncio.sleep(0)\n"))
    common.expect(examine("bindings/csharp/tests/A.cs", "await Task.Delay(5);\n"), "a sleep")
    common.expect(examine("bindings/csharp/tests/A.cs", "Thread.Sleep(5);\n"), "a sleep")
    common.expect(examine("tests/engine/a_test.cpp", case + "std::random_device d;\n"), "chance")
    common.expect(examine("tests/engine/a_test.cpp", case + "std::mt19937 random(7);\n"))
    common.expect(examine("tests/keeper/a_test.cpp", case + "system_clock::now();\n"), "a clock")
    common.expect(examine("tests/driver/a_test.cpp", case + "steady_clock::now();\n"))
    common.expect(examine("tests/engine/a_test.cpp", case.replace("[d]", "[.][d]")),
                  "does not run")
    common.expect(examine("tests/engine/a_test.cpp", case.replace("[d]", "[d][!mayfail]")),
                  "does not run")
    common.expect(examine("bindings/python/tests/a.py", "@unittest.skip\n"), "does not run")
    common.expect(examine("tests/engine/a_test.cpp", case.replace("CHECK(1 == 1)", "run()")),
                  "asserts nothing")
    common.expect(examine("tests/engine/a_test.cpp", case.replace("CHECK(1 == 1)", "check_all()")))
    helpers = "void deep(int n) {\n    REQUIRE(n);\n}\nvoid run() {\n    deep(1);\n}\n"
    common.expect(examine("tests/engine/a_test.cpp",
                          helpers + case.replace("CHECK(1 == 1)", "run()")))
    common.expect(examine("tests/engine/a_test.cpp",
                          case + 'getenv("GRACELINE_SEED") ? 1 : std::random_device{}();\n'))
    common.expect(examine("bindings/csharp/tests/A.cs", "await Task.WhenAny(t, Task.Delay(9));\n"))


if __name__ == "__main__":
    common.main(check, self_test)
