#!/usr/bin/env python3
"""Installs a build into a folder of its own and uses it from there, as a stranger's project would.

Must not see this tree: the programs below get the prefix and nothing else. Shown are
find_package(graceline), pkg-config for C and C++, and a prefix that was moved after the install.
"""
import glob
import os
import shutil
import subprocess
import tempfile

import common

SMALL_C = """#include <graceline/graceline.h>
#include <stdio.h>
int main(void) {
    if (graceline_abi_version() != GRACELINE_ABI_VERSION) return 1;
    puts(graceline_version_text());
    return 0;
}
"""
EXAMPLES = ("c", "cpp")
SECONDS_A_STEP = 300


class StepFailed(Exception):
    pass


def step(command, **options):
    result = subprocess.run(command, capture_output=True, text=True, check=False,
                            timeout=SECONDS_A_STEP, stdin=subprocess.DEVNULL, **options)
    if result.returncode != 0:
        raise StepFailed(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout[-3000:]}"
                         f"{result.stderr[-3000:]}")
    return result.stdout


def machine_paths(prefix, forbidden):
    """Installed text files that name the build or the first prefix."""
    findings = []
    for path in glob.glob(os.path.join(prefix, "**"), recursive=True):
        if os.path.isfile(path) and path.endswith((".cmake", ".pc", ".h", ".hpp")):
            text = open(path, encoding="utf-8").read()
            findings += [f"{os.path.relpath(path, prefix)} names {place}" for place in forbidden
                         if place in text]
    return findings


def use_cmake(work, prefix):
    for name in EXAMPLES:
        build = os.path.join(work, name, "b")
        source = os.path.join(work, name)
        step(["cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}"])
        step(["cmake", "--build", build])


def use_pkg_config(work, prefix, library_folder):
    environment = {**os.environ, "PKG_CONFIG_PATH": os.path.join(library_folder, "pkgconfig"),
                   "LD_LIBRARY_PATH": library_folder}
    flags = step(["pkg-config", "--cflags", "--libs", "graceline"], env=environment).split()
    if not any(os.path.realpath(flag[2:]).startswith(os.path.realpath(prefix)) for flag in flags
               if flag.startswith("-I")):
        raise StepFailed(f"pkg-config gives another place: {flags}")
    program = os.path.join(work, "small")
    source = os.path.join(work, "small.c")
    with open(source, "w", encoding="utf-8") as file:
        file.write(SMALL_C)
    step(["cc", "-std=c99", "-pedantic", "-Werror", source, "-o", program, *flags])
    version = step([program], env=environment).strip()
    step(["cc", "-std=c99", os.path.join(work, "c", "main.c"), "-o", program, *flags])
    step(["c++", "-std=c++17", os.path.join(work, "cpp", "main.cpp"), "-o", program, *flags])
    told = step(["pkg-config", "--modversion", "graceline"], env=environment).strip()
    if told != version:
        raise StepFailed(f"pkg-config says {told}, the library {version}")


def check(options):
    findings = []
    with tempfile.TemporaryDirectory() as folder:
        first, prefix, work = (os.path.join(folder, name) for name in ("first", "moved", "work"))
        for name in EXAMPLES:
            shutil.copytree(os.path.join(options.root, "examples", name), os.path.join(work, name))
        try:
            step(["cmake", "--install", options.build, "--prefix", first])
            os.rename(first, prefix)
            libraries = glob.glob(os.path.join(prefix, "**", "libgraceline.so"), recursive=True)
            if len(libraries) != 1:
                raise StepFailed(f"libgraceline.so was installed {len(libraries)} times")
            findings += machine_paths(prefix, [first, os.path.realpath(options.build),
                                               os.path.realpath(options.root)])
            use_cmake(work, prefix)
            use_pkg_config(work, prefix, os.path.dirname(libraries[0]))
        except StepFailed as failure:
            findings.append(str(failure))
    return findings, f"installed, moved, and used from outside: {len(findings)} findings"


def self_test():
    files = {"lib/graceline.pc": "prefix=/build/place\n", "include/a.h": "int a;\n"}
    with common.planted(files) as root:
        common.expect(machine_paths(root, ["/build/place"]), "graceline.pc names")
        common.expect(machine_paths(root, ["/other"]))
    try:
        step(["cmake", "-E", "false"])
    except StepFailed:
        return
    raise AssertionError("a failed step went unseen")


def arguments(parser):
    parser.add_argument("--build", help="a build folder with the library in it")


if __name__ == "__main__":
    common.main(check, self_test, arguments)
