#!/usr/bin/env python3
"""Holds the READMEs true: code blocks are the examples' own text, links lead to files that exist.

Must not rewrite anything. A block is bound by a comment on the line above it, as in
`<!-- from: examples/c/main.c -->`: its lines stand in that file, together and in this order.
"""
import os
import re

import common

BOUND_BLOCK = re.compile(r"<!-- from: (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)|(?:src|srcset)=\"([^\"]+)\"")
WORDS_OF_THE_README = [
    "scripts/demo", "scripts/test", "scripts/bench", "not affiliated",
    "GRACELINE_TRANSPORT_CPPREST",
    "Background fetch", "Background processing", "Remote notifications",
]


def stands_in(block, source):
    """Whether the block's lines are a run of the source's, each with the same extra indent."""
    wanted = block.splitlines()
    lines = source.splitlines()
    for start in range(len(lines) - len(wanted) + 1):
        first = lines[start]
        if not wanted[0] or not first.endswith(wanted[0]):
            continue
        indent = first[:len(first) - len(wanted[0])]
        run = [indent + line if line else "" for line in wanted]
        if not indent.strip() and run == lines[start:start + len(wanted)]:
            return True
    return False


def examine(root, path):
    text = common.read(root, path)
    findings = []
    for match in BOUND_BLOCK.finditer(text):
        source = match.group(1)
        if not os.path.isfile(os.path.join(root, source)):
            findings.append(f"{path}: {source} does not exist")
        elif not stands_in(match.group(2), common.read(root, source)):
            findings.append(f"{path}: the block from {source} is not that file's text")
    folder = os.path.dirname(path)
    for match in LINK.finditer(text):
        target = match.group(1) or match.group(2)
        if re.match(r"\w+:", target):
            continue
        if not os.path.exists(os.path.join(root, folder, target)):
            findings.append(f"{path}: the link to {target} leads nowhere")
    if path == "README.md":
        findings += [f"{path} does not say {words!r}" for words in WORDS_OF_THE_README
                     if words not in text]
        if len(BOUND_BLOCK.findall(text)) < 2:
            findings.append(f"{path} shows fewer than two examples")
    return findings


def check(options):
    pages = [path for path in common.tree_files(options.root) if path.endswith(".md")]
    findings = [finding for path in pages for finding in examine(options.root, path)]
    return findings, f"{len(pages)} pages, {len(findings)} findings"


def self_test():
    page = "<!-- from: a.c -->\n```c\nint a;\n```\n[a](a.c) [w](https://example.org)\n"
    with common.planted({"x.md": page, "a.c": "// head\n    int a;\n"}) as root:
        common.expect(examine(root, "x.md"))
    with common.planted({"x.md": page, "a.c": "int b;\n"}) as root:
        common.expect(examine(root, "x.md"), "not that file's text")
    with common.planted({"x.md": page}) as root:
        common.expect(examine(root, "x.md"), "a.c does not exist", "leads nowhere")
    front = " ".join(WORDS_OF_THE_README[1:]) + page * 2
    with common.planted({"README.md": front, "a.c": "int a;\n"}) as root:
        common.expect(examine(root, "README.md"), "does not say 'scripts/demo'")


if __name__ == "__main__":
    common.main(check, self_test)
