"""Reads graceline.h as text: functions with their comments, structs with their fields, enums.

Must not be a C parser: the header is written in a plain subset (header_policy.py holds it to that).
"""
import re
from collections import namedtuple

import common

HEADER = "capi/include/graceline/graceline.h"
Function = namedtuple("Function", "name declaration comment line")
Struct = namedtuple("Struct", "name fields line")
Enum = namedtuple("Enum", "name values line")  # values: list of (name, number)


def functions(text):
    """Every GRACELINE_API declaration, with the comment that ends right above it ('' for none)."""
    found = []
    for match in re.finditer(r"^GRACELINE_API\b([^;{]*);", text, re.MULTILINE):
        name = re.search(r"(\w+)\s*\(", match.group(1))
        before = text[:match.start()].rstrip()
        comment = ""
        if before.endswith("*/"):
            start = before.rfind("/*")
            comment = before[start:] if before.startswith("/**", start) else ""
        line = text.count("\n", 0, match.start()) + 1
        declaration = " ".join(match.group(1).split())
        found.append(Function(name.group(1) if name else "?", declaration, comment, line))
    return found


def structs(text):
    bare = common.without_comments(text)
    found = []
    for match in re.finditer(r"typedef struct (\w+) \{(.*?)\}\s*(\w+);", bare, re.DOTALL):
        fields = []
        for declaration in match.group(2).split(";"):
            name = re.search(r"(\w+)\s*(?:\[[^\]]*\])?\s*$", declaration.strip())
            if name:
                fields.append(name.group(1))
        found.append(Struct(match.group(1), fields, bare.count("\n", 0, match.start()) + 1))
    return found


def enums(text):
    bare = common.without_comments(text)
    found = []
    for match in re.finditer(r"typedef enum (\w+) \{(.*?)\}\s*(\w+);", bare, re.DOTALL):
        values = [(name, int(number, 0)) for name, number in
                  re.findall(r"(\w+)\s*=\s*(-?\w+)", match.group(2))]
        found.append(Enum(match.group(1), values, bare.count("\n", 0, match.start()) + 1))
    return found
