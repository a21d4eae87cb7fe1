#!/usr/bin/env python3
"""Holds the native library of the C# binding to its own symbol list, and to what it may need.

Must not make the list: bindings/csharp/generate.py does, from graceline.h and SWIG's wrapper.
"""
import re
import subprocess

import common
import symbols

MAP = "bindings/csharp/generated/graceline_csharp.map"
# What a host's system must have; a new name here is a new thing for every user to install.
NEEDED = re.compile(
    r"lib(simdjson\.so\.14|z\.so\.1|crypto\.so\.3|ssl\.so\.3|cpprest\.so\.2\.10|stdc\+\+\.so\.6|"
    r"gcc_s\.so\.1|m\.so\.6|c\.so\.6|asan\S*|ubsan\S*|tsan\S*)|ld-linux-x86-64\.so\.2")


def listed(map_text):
    return set(re.findall(r"^\s+(\w+);$", map_text, re.MULTILINE))


def examine(map_text, nm_output, dynamic):
    findings = symbols.compare(MAP, listed(map_text), "the library", symbols.exported(nm_output))
    findings += [f"{name} is neither graceline_* nor CSharp_*" for name in sorted(listed(map_text))
                 if not name.startswith(("graceline_", "CSharp_"))]
    for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic):
        if not NEEDED.fullmatch(name):
            findings.append(f"the library needs {name}, which is on no list")
    if "TEXTREL" in dynamic:
        findings.append("the library needs text relocations")
    return findings


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check(options):
    map_text = common.read(options.root, MAP)
    findings = examine(map_text, output_of("nm", "-D", "--defined-only", options.library),
                       output_of("readelf", "-d", options.library))
    return findings, f"{len(listed(map_text))} symbols, {len(findings)} findings"


def self_test():
    good = "{\n    global:\n        CSharp_a;\n        graceline_a;\n    local:\n        *;\n};\n"
    nm_output = "0000 T CSharp_a\n0000 T graceline_a\n"
    common.expect(examine(good, nm_output, "NEEDED Shared library: [libz.so.1]"))
    common.expect(examine(good, nm_output + "0000 T SWIG_x\n", ""), "SWIG_x is in the library")
    common.expect(examine(good, "0000 T CSharp_a\n", ""), "graceline_a is in")
    common.expect(examine(good, nm_output, "NEEDED Shared library: [libx.so]"), "libx.so")
    common.expect(examine(good.replace("CSharp_a", "other"),
                          nm_output.replace("CSharp_a", "other"), ""), "neither")


def arguments(parser):
    parser.add_argument("--library")


if __name__ == "__main__":
    common.main(check, self_test, arguments)
