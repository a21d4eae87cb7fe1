# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_release and declare it.
declare_lane release 7 "everything with g++ 12 in Release, and every test"

lane_release() {
    configure_release || return 1
    build "$build_root/release" || return 1
    # The checks are a lane of their own, on this same build.
    run_ctest "$build_root/release" release -LE checks
}
