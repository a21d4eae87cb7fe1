"""What all checks share: the command line, the list of findings, the files of the tree.

Must not know any policy; each check is one file of its own.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

CODE_SUFFIXES = (".c", ".cpp", ".h", ".hpp")
SKIPPED_FOLDERS = {".git", ".cache", "node_modules", "__pycache__", "generated"}


def tree_files(root):
    """Paths relative to root that git would commit, or, without git, all but build folders."""
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        names = listing.stdout.decode().split("\0")
        return sorted({name for name in names if name and os.path.isfile(f"{root}/{name}")})
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS and not f.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def examine_files(root, examine, suffixes):
    """(findings, number of files) of examine(path, text) over the files with these endings."""
    files = [path for path in tree_files(root) if path.endswith(suffixes)]
    findings = []
    for path in files:
        findings += examine(path, read(root, path))
    return findings, len(files)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text):
    """C or C++ source with comments and the insides of string literals blanked, lines kept."""
    comment = r"//[^\n]*|/\*.*?\*/"
    literal = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    pattern = re.compile(f"{comment}|{literal}", re.DOTALL)

    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + " " * (len(token) - 2) + token[-1]

    return pattern.sub(blank, text)


def planted(files):
    """A temporary tree for self-tests; use as a context manager, gives its root."""
    folder = tempfile.TemporaryDirectory()
    for path, text in files.items():
        full = os.path.join(folder.name, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def expect(findings, *parts):
    """Fails the self-test unless exactly one finding holds each part, and no other is there."""
    for part in parts:
        hits = [finding for finding in findings if part in finding]
        assert len(hits) == 1, f"expected one finding with {part!r}, found {findings}"
    assert len(findings) == len(parts), f"unexpected findings: {findings}"


def main(check, self_test, arguments=None):
    """Runs `check(options)`, which returns (findings, summary), or the check's own test."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--self-test", action="store_true")
    parser.add_argument("--root", default=".")
    if arguments:
        arguments(parser)
    options = parser.parse_args()
    if options.self_test:
        self_test()
        print("self-test passed")
        return
    findings, summary = check(options)
    for finding in findings:
        print(finding)
    print(summary)
    sys.exit(1 if findings else 0)
