#!/usr/bin/env python3
"""Uses the installed header as a clang module, in C and in Objective-C, where clang is.

Must not see this tree: the programs get the prefix and nothing else.
Usage: modules.py PREFIX [CLANG]
"""
import os
import subprocess
import sys
import tempfile

OBJC_IMPORT = """@import CGraceline;
int main(void) { return graceline_abi_version() == GRACELINE_ABI_VERSION ? 0 : 1; }
"""
# C has no @import of its own.
C_IMPORT = OBJC_IMPORT.replace("@import CGraceline;", "#pragma clang module import CGraceline")
# The include is turned into an import of the module.
C_INCLUDE = OBJC_IMPORT.replace("@import CGraceline;", "#include <graceline/graceline.h>")
# A host in a module of its own: with `use` it may include the header, without it may not.
HOST_MAP = """module Host { header "host.h" %s export * }
"""
HOST_HEADER = """#include <graceline/graceline.h>
graceline_status host_start(graceline_client *client);
"""
HOST_SOURCE = """#include "host.h"
graceline_status host_start(graceline_client *client) { return graceline_client_start(client); }
"""


def compile_one(clang, prefix, name, text, *flags, work):
    path = os.path.join(work, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return subprocess.run(
        [clang, "-fmodules", f"-fmodules-cache-path={work}/cache", "-Werror", "-Wall", "-I", work,
         "-I", os.path.join(prefix, "include"), "-c", path, "-o", path + ".o", *flags],
        capture_output=True, text=True, check=False)


def host(clang, prefix, work, use):
    work = os.path.join(work, "with" if use else "without")
    os.mkdir(work)
    for name, text in (("module.modulemap", HOST_MAP % ("use CGraceline" if use else "")),
                       ("host.h", HOST_HEADER)):
        with open(os.path.join(work, name), "w", encoding="utf-8") as file:
            file.write(text)
    return compile_one(clang, prefix, "host.c", HOST_SOURCE, "-fmodules-decluse",
                       "-fmodule-name=Host", work=work)


def main():
    prefix, clang = sys.argv[1], (sys.argv + ["clang-14"])[2]
    with tempfile.TemporaryDirectory() as work:
        good = {
            "import in C": compile_one(clang, prefix, "a.c", C_IMPORT, work=work),
            "#include in C": compile_one(clang, prefix, "b.c", C_INCLUDE, work=work),
            "@import in Objective-C": compile_one(clang, prefix, "a.m", OBJC_IMPORT, work=work),
            "#include in Objective-C": compile_one(clang, prefix, "b.m", C_INCLUDE, work=work),
            "a host that says `use CGraceline`": host(clang, prefix, work, True),
        }
        undeclared = host(clang, prefix, work, False)
        program = os.path.join(work, "a")
        linked = subprocess.run([clang, os.path.join(work, "a.c.o"), "-o", program, "-L",
                                 os.path.join(prefix, "lib"), "-lgraceline"],
                                capture_output=True, text=True, check=False)
        ran = linked if linked.returncode else subprocess.run(
            [program], env={**os.environ, "LD_LIBRARY_PATH": os.path.join(prefix, "lib")},
            capture_output=True, text=True, check=False)
    failed = [f"{name}: {result.stderr}" for name, result in good.items() if result.returncode]
    if ran.returncode:
        failed.append(f"linked and run: {ran.returncode} {ran.stderr}")
    if undeclared.returncode == 0 or "does not depend" not in undeclared.stderr:
        failed.append(f"a host without `use` passed, or failed otherwise: {undeclared.stderr}")
    print("\n".join(failed) or f"{len(good) + 2} ways to use the module")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
