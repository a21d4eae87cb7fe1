# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_asan and declare it.
declare_lane asan 8 "everything with clang 14, with ASan, LSan and UBSan over every test"

# One build shows both that clang takes everything and that the sanitizers find nothing.
lane_asan() {
    local compilers=(-DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14)
    if ! command -v clang++-14 >/dev/null 2>&1; then
        skip "clang 14 is not here; AddressSanitizer runs with the default compiler"
        compilers=()
    fi
    configure "$build_root/asan" -G Ninja -DGRACELINE_UNITY=ALL -DCMAKE_BUILD_TYPE=Debug \
        "${sanitizer_flags[@]}" \
        ${compilers[@]+"${compilers[@]}"} -DGRACELINE_SANITIZE=address,undefined || return 1
    build "$build_root/asan" || return 1
    export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=print_stacktrace=1 LSAN_OPTIONS=print_suppressions=0
    local status=0
    run_ctest "$build_root/asan" asan -LE 'checks|no_asan' || status=1
    unset ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS
    return "$status"
}
