#!/usr/bin/env python3
"""Proves on the archives that the pure layers call no clock, socket, thread, file or entropy.

Must not trust the sources: it reads the undefined symbols of the object files, as the linker does.
"""
import re
import subprocess

import common

# Memory, strings, containers, exceptions: what a value of C++ needs.
LANGUAGE = [
    r"operator (new|delete)(\[\])?\(.*\)",
    r"(__)?mem(cpy|move|set|cmp|chr)(_chk)?",
    r"strlen", r"strcmp", r"abort", r"free", r"malloc",
    r"__stack_chk_fail", r"_GLOBAL_OFFSET_TABLE_", r"__dso_handle", r"_Unwind_Resume",
    r"__cxa_\w+", r"__gxx_personality_v0", r"__dynamic_cast", r"__assert_fail",
    r"vtable for __cxxabiv1::\w+",
    r"std::terminate\(\)", r"std::__throw_\w+\(.*\)",
    r"std::(exception|bad_alloc|logic_error|length_error)::.*",
    r"std::bad_(variant|optional)_access::.*",
    r"(typeinfo|vtable) for std::\w+",
    r"std::__cxx11::basic_string<char, .*>::.*",
    r"std::__detail::_Prime_rehash_policy::.*", r"std::_Hash_bytes\(.*\)",
    r"std::_Rb_tree_\w+\(.*\)",
    r"std::__detail::_List_node_base::.*",
    r"std::variant_npos", r"std::nothrow",
    r"graceline::engine::.*",
]
# zlib's streams, and the digest and base64 of the accept key.
WEBSOCKET = [
    r"graceline::websocket::.*",
    r"(in|de)flate(Init2_|End|Reset|ResetKeep|SetDictionary|Bound|Params)?",
    r"SHA1", r"EVP_(sha1|Digest\w*|MD_CTX_\w+|EncodeBlock)",
]
SESSION = [
    r"graceline::(websocket|session)::.*",
    r"(vtable for |typeinfo for )?simdjson::.*",
    # What std::shared_ptr reads to count without a locked instruction in a program of one thread.
    r"__libc_single_threaded",
]
ALLOWED = {
    "engine": LANGUAGE,
    "websocket": LANGUAGE + WEBSOCKET,
    "session": LANGUAGE + WEBSOCKET + SESSION,
    "history": LANGUAGE + WEBSOCKET + SESSION + [r"graceline::history::.*"],
    "keeper": LANGUAGE + WEBSOCKET + SESSION + [r"graceline::(history|keeper)::.*"],
}


def undefined_symbols(nm_output):
    """(object, symbol) of each undefined, strong or weak, symbol in the output of nm -u -C."""
    member = ""
    for line in nm_output.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            member = line[:-1]
        match = re.match(r"\s+([Uwv]) (.*)$", line)
        if match:
            yield member, match.group(2)


def impure(layer, nm_output):
    allowed = re.compile("|".join(f"(?:{pattern})" for pattern in ALLOWED[layer]))
    findings = []
    symbols = set()
    for member, symbol in undefined_symbols(nm_output):
        # A template's signature may begin with its return type or a clone's mark.
        name = re.sub(r" \[clone .*\]$", "", symbol)
        symbols.add(name)
        if not allowed.fullmatch(name):
            findings.append(f"{layer}: {member} calls {symbol}")
    return findings, len(symbols)


def check(options):
    output = subprocess.run(["nm", "-u", "-C", options.archive], capture_output=True, text=True,
                            check=True).stdout
    findings, count = impure(options.layer, output)
    if count == 0:
        findings.append(f"{options.archive} refers to no symbol at all: is it the right file?")
    return findings, f"{options.layer}: {count} outside symbols, all on the list" if not findings \
        else f"{options.layer}: {len(findings)} calls that a pure layer must not make"


def self_test():
    clean = "a.o:\n                 U operator new(unsigned long)\n                 U memcpy\n"
    assert impure("engine", clean) == ([], 2)
    for symbol in ["clock_gettime", "socket", "pthread_mutex_lock", "getrandom", "fopen", "puts",
                   "std::chrono::_V2::steady_clock::now()", "std::random_device::_M_getval()",
                   "std::ostream::operator<<(int)", "std::thread::join()", "getenv", "time",
                   "RAND_bytes", "inflate", "boost::system::system_category()"]:
        findings, _ = impure("engine", f"a.o:\n                 U {symbol}\n")
        common.expect(findings, f"calls {symbol}")
    assert impure("websocket", "a.o:\n                 U inflate\n")[0] == []
    common.expect(impure("websocket", "a.o:\n                 U RAND_bytes\n")[0], "RAND_bytes")
    common.expect(impure("websocket", "a.o:\n   U simdjson::error_message(int)\n")[0], "simdjson")


def arguments(parser):
    parser.add_argument("--layer", choices=sorted(ALLOWED))
    parser.add_argument("--archive")


if __name__ == "__main__":
    common.main(check, self_test, arguments)
