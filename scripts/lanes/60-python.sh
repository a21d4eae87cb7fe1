# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_python and declare it.
declare_lane python 3 "the Python package: scenarios, servers, exits, types, pip, ThreadSanitizer"

# The interpreter with Debian's pytest; another one on PATH may not have it.
python_of_the_packages() {
    local candidate
    for candidate in /usr/bin/python3 python3; do
        if "$candidate" -c 'import pytest, pytest_asyncio, mypy, websockets' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# Adds the cases of a junit file of pytest to the sums; fails when one failed or there was none.
count_pytest() { # JUNIT
    local line passed failed skipped
    line=$(python3 - "$1" <<'PROGRAM'
import sys
import xml.etree.ElementTree as tree
suites = list(tree.parse(sys.argv[1]).iter("testsuite"))
of = lambda name: sum(int(suite.get(name, 0)) for suite in suites)
failed, skipped = of("failures") + of("errors"), of("skipped")
print(of("tests") - failed - skipped, failed, skipped)
PROGRAM
    ) || line="0 1 0"
    read -r passed failed skipped <<<"$line"
    lane_passed=$((lane_passed + passed))
    lane_failed=$((lane_failed + failed))
    if [ "$skipped" -gt 0 ]; then skip "$skipped tests (pytest says why above)"; fi
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

run_pytest() { # NAME PYTHON ENVIRONMENT... -- ARGUMENTS...
    local junit=$root/$results/python-$1.xml python=$2 left status=0 environment=()
    shift 2
    while [ "$1" != -- ]; do
        environment+=("$1")
        shift
    done
    shift
    left=$((lane_end - SECONDS))
    [ "$left" -gt 1 ] || left=1
    mkdir -p "$results"
    rm -f "$junit"
    timeout --kill-after=20 "$left" env "${environment[@]}" \
        GRACELINE_TEST_RELEASE="$root/$build_root/release" "$python" -B -X dev -m pytest \
        -p no:cacheprovider -q -rs --durations=5 --junit-xml "$junit" "$@" </dev/null || status=$?
    count_pytest "$junit" || status=1
    return "$status"
}

# The extension with ThreadSanitizer over the core that the lane before this one has built so.
lane_python_tsan() { # PYTHON
    local tsan=$build_root/tsan runtime
    if ! [ -f "$tsan/capi/libgraceline.a" ]; then
        skip "ThreadSanitizer over the extension: the build of the lane tsan is not here"
        return 0
    fi
    runtime=$(g++ -print-file-name=libtsan.so)
    if ! [ -e "$runtime" ]; then
        skip "ThreadSanitizer over the extension: g++ has no libtsan.so"
        return 0
    fi
    configure "$tsan" -DGRACELINE_BUILD_PYTHON=ON "-DGRACELINE_PYTHON=$1" || return 1
    build "$tsan" --target graceline_python || return 1
    run_pytest tsan "$1" GRACELINE_TEST_TSAN_RUNTIME="$runtime" \
        GRACELINE_TEST_TSAN_PACKAGE="$root/$tsan/bindings/python/package" -- \
        bindings/python/tests/tsan
}

lane_python() {
    local launchers=() python tests=bindings/python/tests release=$build_root/release status=0
    if ! python=$(python_of_the_packages); then
        say "  no Python with pytest, pytest-asyncio, mypy and websockets: scripts/setup python"
        return 1
    fi
    configure "$release" -G Ninja -DCMAKE_BUILD_TYPE=Release -DGRACELINE_UNITY=TESTS \
        -DGRACELINE_BUILD_PYTHON=ON "-DGRACELINE_PYTHON=$python" || return 1
    build "$release" --target graceline graceline_python graceline_python_shared \
        graceline_scripted graceline-devserver graceline_python_flood_server || return 1
    run_pytest scenarios "$python" PYTHONPATH="$root/$release/bindings/python/shared" \
        LD_LIBRARY_PATH="$root/$release/tests/scripted" -- "$tests/scripted" || status=1
    # The installs compile the same files again; the compiler cache knows them.
    if command -v ccache >/dev/null 2>&1; then
        launchers=(CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache)
    fi
    run_pytest all "$python" PYTHONPATH="$root/$release/bindings/python/package" \
        ${launchers[@]+"${launchers[@]}"} -- \
        "$tests" "--ignore=$tests/scripted" "--ignore=$tests/tsan" || status=1
    lane_python_tsan "$python" || status=1
    return "$status"
}
