# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_checks and declare it.
declare_lane checks 1 "format and the policies under tests/checks"

lane_checks() {
    if ! [ -f "$build_root/release/build.ninja" ]; then
        configure_release || return 1
    fi
    build "$build_root/release" || return 1
    run_ctest "$build_root/release" checks -L checks
}
