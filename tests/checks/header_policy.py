#!/usr/bin/env python3
"""Holds graceline.h to what STYLE asks: every function documented, nothing that cannot be bound.

Must not compile anything; header_compiles.py does.
"""
import re

import common
import header_text

TAGS = ("Threads:", "Memory:", "Errors:", "Since:")
BANNED = [
    (r"^[ \t]*#[ \t]*define[ \t]+\w+\(", "a function-like macro"),
    (r"\binline\b", "an inline function"),
    (r"\b\w+\s+\w+\s*:\s*\d+\s*;", "a bit-field"),
    (r"\.\.\.", "varargs"),
    (r"\bunion\b", "a union"),
    (r"\b(unsigned|long|short|wchar_t)\b", "a type whose size differs between systems"),
    (r"\b(bool|_Bool)\b", "a bool, whose ABI bindings disagree about"),
    (r"\b(static|constexpr|namespace|template|class)\b", "more than declarations"),
]
# Fixed-width types and size_t are what every language can bind.
PLAIN_INT = re.compile(r"\bint\b")


def undocumented(text):
    findings = []
    for function in header_text.functions(text):
        where = f"{header_text.HEADER}:{function.line}: {function.name}"
        if not function.comment:
            findings.append(f"{where} has no comment")
            continue
        words = re.sub(r"^\s*\*+ ?", "", function.comment[3:-2], flags=re.MULTILINE).strip()
        summary = re.split(r"\bThreads:", words)[0].strip()
        if not re.match(r'^[A-Z0-9"].*[.…]', summary, re.DOTALL) and not summary.endswith("…"):
            findings.append(f"{where}: no summary sentence")
        positions = [words.find(tag) for tag in TAGS]
        missing = [tag for tag, position in zip(TAGS, positions) if position < 0]
        if missing:
            findings.append(f"{where}: no {', '.join(missing)}")
        elif positions != sorted(positions):
            findings.append(f"{where}: the tags are not in the order {' '.join(TAGS)}")
        else:
            ends = positions[1:] + [len(words)]
            for tag, begin, end in zip(TAGS, positions, ends):
                if not words[begin + len(tag):end].strip(" .\n"):
                    findings.append(f"{where}: {tag} says nothing")
    return findings


def by_value(text):
    names = {struct.name for struct in header_text.structs(text)}
    names |= set(re.findall(r"typedef struct (\w+) \w+;", text))
    findings = []
    for function in header_text.functions(text):
        for word in re.finditer(r"\b(\w+)\b(?!\s*\*)", function.declaration):
            if word.group(1) in names:
                findings.append(f"{header_text.HEADER}:{function.line}: {function.name} passes "
                                f"{word.group(1)} by value")
    return findings


def banned(text):
    bare = common.without_comments(text)
    findings = []
    for pattern, what in BANNED:
        for match in re.finditer(pattern, bare, re.MULTILINE):
            line = bare.count("\n", 0, match.start()) + 1
            findings.append(f"{header_text.HEADER}:{line}: {what}")
    for match in PLAIN_INT.finditer(bare):
        line = bare.count("\n", 0, match.start()) + 1
        findings.append(f"{header_text.HEADER}:{line}: plain int")
    for struct in header_text.structs(text):
        fixed = struct.name in ("graceline_header", "graceline_disposition_row",
                                "graceline_position", "graceline_event")
        if not fixed and struct.fields[:1] != ["struct_size"]:
            findings.append(f"{header_text.HEADER}:{struct.line}: {struct.name} does not start "
                            "with struct_size")
    return findings


def names(text):
    findings = []
    for function in header_text.functions(text):
        if not re.fullmatch(r"graceline(_[a-z0-9]+)+", function.name):
            findings.append(f"{header_text.HEADER}:{function.line}: name {function.name}")
    for enum in header_text.enums(text):
        for name, _ in enum.values:
            if not re.fullmatch(r"GRACELINE(_[A-Z0-9]+)+", name):
                findings.append(f"{header_text.HEADER}:{enum.line}: name {name}")
    return findings


def examine(text):
    return undocumented(text) + by_value(text) + banned(text) + names(text)


def check(options):
    text = common.read(options.root, header_text.HEADER)
    findings = examine(text)
    count = len(header_text.functions(text))
    if count == 0:
        findings.append(f"{header_text.HEADER}: no function found")
    return findings, (f"{count} functions, {len(header_text.structs(text))} structs, "
                      f"{len(header_text.enums(text))} enums, {len(findings)} findings")


def self_test():
    good = ("typedef struct thing thing;\n"
            "/** Does it.\n *  Threads: any. Memory: none. Errors: none. Since: 0.1 */\n"
            "GRACELINE_API int32_t graceline_do(const thing *it);\n")
    common.expect(examine(good))
    common.expect(examine(good.replace("Memory: none. ", "")), "no Memory:")
    common.expect(examine(good.replace("Errors: none.", "Errors:")), "Errors: says nothing")
    common.expect(examine(good.replace("Does it.", "")), "no summary")
    common.expect(examine(good.replace("/**", "/*")), "has no comment")
    swapped = good.replace("Memory: none. Errors: none.", "Errors: none. Memory: none.")
    common.expect(examine(swapped), "order")
    common.expect(examine(good.replace("const thing *it", "thing it")), "by value")
    common.expect(examine(good.replace("graceline_do", "graceline_Do")), "name graceline_Do")
    sizeless = "typedef struct graceline_x {\n    uint32_t a;\n} graceline_x;\n"
    for text, what in [("#define F(x) x\n", "macro"),
                       ("struct a { uint32_t b : 3; };\n", "bit-field"),
                       ("GRACELINE_X long y;\n", "size differs"), ("union u;\n", "union"),
                       ("bool b;\n", "bool"), ("int b;\n", "plain int"),
                       (sizeless, "struct_size")]:
        common.expect(examine(good + text), what)
    common.expect(examine(good.replace("*it)", "*it, ...)")), "varargs")


if __name__ == "__main__":
    common.main(check, self_test)
