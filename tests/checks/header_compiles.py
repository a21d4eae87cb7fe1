#!/usr/bin/env python3
"""Compiles the public headers alone, in every language version that they promise.

Must not use the project's own flags: what a host compiles with is not ours to choose.
"""
import os
import shutil
import subprocess
import tempfile

import common

STRICT = ["-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
C_STANDARDS = ["c99", "c11", "c17"]
CXX_STANDARDS = ["c++11", "c++14", "c++17", "c++20"]
# The C++ header is RAII over the C API; its oldest language version is its own business.
HPP_STANDARDS = ["c++17", "c++20"]


def compile_text(compiler, language, standard, include, text):
    """The compiler's complaints about `text`, '' when it takes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "one.c" if language == "c" else "one.cpp")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        command = [compiler, "-x", language, f"-std={standard}", *STRICT, f"-I{include}", path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if result.returncode == 0 else result.stderr or "failed without a text"


def compilers(chosen):
    """Each (C, C++) pair to try: the one of the build, and clang 14 where it is."""
    pairs = [chosen]
    if shutil.which("clang-14") and "clang" not in chosen[0]:
        pairs.append(("clang-14", "clang++-14"))
    return pairs


def plan(include, pairs):
    header = "#include <graceline/graceline.h>\n"
    # Twice: the guard holds.
    c_text = header + header + "extern uint32_t (*address)(void);\n" \
        "uint32_t (*address)(void) = graceline_abi_version;\n"
    for c_compiler, cxx_compiler in pairs:
        for standard in C_STANDARDS:
            yield c_compiler, "c", standard, c_text
        for standard in CXX_STANDARDS:
            yield cxx_compiler, "c++", standard, c_text
        if os.path.exists(os.path.join(include, "graceline/graceline.hpp")):
            for standard in HPP_STANDARDS:
                yield cxx_compiler, "c++", standard, "#include <graceline/graceline.hpp>\n" * 2


def check(options):
    include = os.path.join(options.root, "capi/include")
    findings = []
    count = 0
    for compiler, language, standard, text in plan(include, compilers((options.cc, options.cxx))):
        count += 1
        complaint = compile_text(compiler, language, standard, include, text)
        if complaint:
            findings.append(f"{compiler} -std={standard}: {text.splitlines()[0]}\n{complaint}")
    return findings, f"{count} compilations, {len(findings)} failed"


def self_test():
    files = {"graceline/bad.h": "int f(void);;\n", "graceline/good.h": "int f(void);\n"}
    with common.planted(files) as root:
        for name, refused in (("bad", True), ("good", False)):
            complaint = compile_text("cc", "c", "c99", root, f"#include <graceline/{name}.h>\n")
            assert bool(complaint) == refused, complaint


def arguments(parser):
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")


if __name__ == "__main__":
    common.main(check, self_test, arguments)
