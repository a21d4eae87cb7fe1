#!/usr/bin/env python3
"""Holds the order of the layers in the #include lines, and each library in its own folder.

Must not parse C++: an #include line and an #if line are all it looks at.
"""
import re

import common

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
CONDITION = re.compile(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(.*)$", re.MULTILINE)
SYSTEM_MACRO = re.compile(
    r"\b(_WIN32|_WIN64|_MSC_VER|__linux__|__linux|linux|__APPLE__|__ANDROID__|__unix__"
    r"|TARGET_OS_\w+|__FreeBSD__|__MACH__|BOOST_OS_\w+)\b")

# Folder -> folders whose headers it may include. Longer folders win.
LAYERS = {
    "core/engine/": ["core/engine/"],
    "core/websocket/": ["core/websocket/"],
    "core/session/": ["core/session/", "core/engine/", "core/websocket/"],
    "core/history/": ["core/history/", "core/session/", "core/engine/", "core/websocket/"],
    "core/keeper/": ["core/keeper/", "core/history/", "core/session/", "core/engine/",
                     "core/websocket/"],
    "core/driver/": ["core/driver/", "core/engine/", "core/websocket/"],
    "core/client/": ["core/"],
    "capi/include/": ["graceline/graceline.h"],
    "capi/": ["capi/", "core/", "graceline/"],
    "tools/devserver/": ["tools/devserver/"],
    "tools/graceline/": ["tools/graceline/", "graceline/"],
    "tools/demo/": ["tools/demo/", "tools/graceline/", "graceline/"],
    "examples/": ["graceline/"],
}
PURE = ("core/engine/", "core/websocket/", "core/session/", "core/history/", "core/keeper/")
IMPURE_HEADERS = re.compile(
    r"^(sys/|arpa/|net/|netinet/|unistd\.h|fcntl\.h|poll\.h|pthread\.h|signal\.h|time\.h|ctime$"
    r"|thread$|mutex$|shared_mutex$|condition_variable$|atomic$|future$|iostream$|fstream$|sstream$"
    r"|ostream$|istream$|filesystem$|random$|cstdio$|stdio\.h|locale$|boost/|cpprest/|pplx/"
    r"|openssl/rand)")
# Headers of these libraries, and the folders that may name them.
LIBRARIES = [
    (re.compile(r"^(cpprest|pplx)/"), ("core/driver/cpprest/", "tests/bench/", "tests/driver/")),
    (re.compile(r"^boost/"), ("core/driver/", "tools/devserver/", "tests/")),
    (re.compile(r"^openssl/"),
     ("core/driver/", "core/websocket/", "capi/src/", "tools/devserver/", "tests/")),
    (re.compile(r"^zlib\.h"), ("core/websocket/", "tests/")),
    (re.compile(r"^simdjson"), ("core/session/", "tests/")),
    (re.compile(r"^nlohmann/"), ("core/session/", "tools/", "tests/")),
]
LIBRARIES_OF_HEADERS = re.compile(r"^(boost|openssl|cpprest|pplx)/")
# Where a system may be named: the platform files, and the two that speak to the compiler of a host.
SYSTEM_FOLDERS = ("core/driver/platform/", "capi/include/graceline/graceline.h", "tests/", "tools/")


def layer_of(path):
    fitting = [layer for layer in LAYERS if path.startswith(layer)]
    return max(fitting, key=len) if fitting else None


def check_include(path, quote, name):
    layer = layer_of(path)
    if path.endswith("_test.cpp") and name.startswith("tests/support/"):
        return None
    ours = quote == '"' or name.startswith("graceline/")
    if layer and ours and not any(name.startswith(part) for part in LAYERS[layer]):
        return f"{layer} must not include {name}"
    if ours:
        return None
    if path.startswith(PURE) and IMPURE_HEADERS.match(name):
        return f"a pure layer must not include <{name}>"
    if path.endswith((".h", ".hpp")) and path.startswith(("core/", "capi/")) \
            and not path.startswith("core/driver/") and LIBRARIES_OF_HEADERS.match(name):
        return f"<{name}> in a header outside core/driver"
    for pattern, folders in LIBRARIES:
        if pattern.match(name) and not path.startswith(folders):
            return f"<{name}> belongs to {', '.join(folders)}"
    return None


def examine(path, text):
    findings = []
    bare = common.without_comments(text)
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        complaint = check_include(path, match.group(1), match.group(2))
        if complaint:
            findings.append(f"{path}:{line}: {complaint}")
    if path.startswith(("core/", "capi/", "tools/", "examples/")) \
            and not path.startswith(SYSTEM_FOLDERS):
        for match in CONDITION.finditer(bare):
            if SYSTEM_MACRO.search(match.group(1)):
                line = bare.count("\n", 0, match.start()) + 1
                findings.append(f"{path}:{line}: a system is named outside core/driver/platform")
    return findings


def check(options):
    findings, count = common.examine_files(options.root, examine, common.CODE_SUFFIXES)
    return findings, f"{count} files, {len(findings)} findings"


def self_test():
    refused = [
        ("core/engine/a.cpp", '#include "core/session/b.hpp"\n', "core/session/b.hpp"),
        ("core/engine/a.cpp", "#include <mutex>\n", "<mutex>"),
        ("core/websocket/a.cpp", '#include "core/engine/b.hpp"\n', "core/engine/b.hpp"),
        ("core/driver/a.cpp", '#include "core/session/b.hpp"\n', "core/session/b.hpp"),
        ("core/client/a.hpp", "#include <boost/asio.hpp>\n", "outside core/driver"),
        ("core/client/a.cpp", "#include <boost/asio.hpp>\n", "belongs to"),
        ("core/driver/a.cpp", "#include <cpprest/ws_client.h>\n", "belongs to"),
        ("tools/graceline/a.cpp", '#include "core/client/b.hpp"\n', "core/client/b.hpp"),
        ("tools/graceline/a.cpp", '#include "tools/devserver/b.hpp"\n', "devserver"),
        ("tools/devserver/a.cpp", "#include <graceline/graceline.h>\n", "graceline.h"),
        ("examples/c/main.c", '#include "core/client/b.hpp"\n', "core/client/b.hpp"),
        ("core/client/a.cpp", "#ifdef _WIN32\n#endif\n", "a.cpp:1"),
        ("core/driver/loop.cpp", "\n#if defined(__APPLE__)\n#endif\n", "loop.cpp:2"),
    ]
    for path, text, part in refused:
        common.expect(examine(path, text), part)
    for path, text in [("core/driver/a.cpp", "#include <boost/asio.hpp>\n"),
                       ("core/driver/a.hpp", "#include <openssl/ssl.h>\n"),
                       ("core/driver/platform/linux.cpp", "#ifdef __linux__\n#endif\n"),
                       ("core/session/a.cpp", '#include "core/websocket/frame.hpp"\n'),
                       ("examples/c/main.c", "#include <graceline/graceline.h>\n"),
                       ("core/engine/a.cpp", "// #ifdef _WIN32\n#include <vector>\n")]:
        common.expect(examine(path, text))


if __name__ == "__main__":
    common.main(check, self_test)
