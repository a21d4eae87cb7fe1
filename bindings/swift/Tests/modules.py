#!/usr/bin/env python3
"""Uses the installed header as a clang module, in C and in Objective-C, where clang is.

Must not see this tree's header: the programs get the prefix and nothing else.
Usage: modules.py PREFIX [CLANG]
"""
import os
import subprocess
import sys
import tempfile

HOST_OBJC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "host.m")
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


def link_and_run(clang, prefix, program, *libraries):
    linked = subprocess.run([clang, program + ".o", "-o", program, "-L",
                             os.path.join(prefix, "lib"), "-lgraceline", *libraries],
                            capture_output=True, text=True, check=False)
    if linked.returncode:
        return linked
    return subprocess.run([program], capture_output=True, text=True, check=False, env={
        **os.environ, "LD_LIBRARY_PATH": os.path.join(prefix, "lib")})


def objective_c_runtime(clang, prefix, work):
    """The flags to compile for it; None: it is not here. Debian's clang brings GNU's, whose headers
    stand among those of gcc."""
    headers = subprocess.run(["gcc", "-print-file-name=include"], capture_output=True, text=True,
                             check=False).stdout.strip()
    flags = ["-fobjc-runtime=gcc", "-idirafter", headers or "/usr/include"]
    found = compile_one(clang, prefix, "runtime.m", "#include <objc/runtime.h>\n", *flags,
                        work=work)
    return flags if found.returncode == 0 else None


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
        ran = {"linked and run in C": link_and_run(clang, prefix, os.path.join(work, "a.c"))}
        runtime = objective_c_runtime(clang, prefix, work)
        if runtime:
            # A folder of its own: a search for modules looks into the folders beside it too.
            objc = os.path.join(work, "objc")
            os.mkdir(objc)
            with open(HOST_OBJC, encoding="utf-8") as file:
                good["a host in Objective-C"] = compile_one(
                    clang, prefix, "host.m", file.read(), *runtime, work=objc)
            ran["the host in Objective-C, run"] = link_and_run(
                clang, prefix, os.path.join(objc, "host.m"), "-lobjc")
        else:
            print("not shown: this clang finds no Objective-C runtime")
    failed = [f"{name}: {result.stderr}" for name, result in good.items() if result.returncode]
    failed += [f"{name}: {result.returncode} {result.stderr}"
               for name, result in ran.items() if result.returncode]
    if undeclared.returncode == 0 or "does not depend" not in undeclared.stderr:
        failed.append(f"a host without `use` passed, or failed otherwise: {undeclared.stderr}")
    print("\n".join(failed) or f"{len(good) + len(ran) + 1} ways to use the module")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
