# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_tsan and declare it.
declare_lane tsan 5 "everything but the tools with g++ 12, ThreadSanitizer over every test"

# Threads are what it looks for, so the tools stay out, and the dev server is the release lane's.
lane_tsan() {
    local options=(-DGRACELINE_BUILD_TOOLS=OFF)
    local devserver=$root/$build_root/release/tools/devserver/graceline-devserver
    if [ -x "$devserver" ]; then
        options+=("-DGRACELINE_DEVSERVER=$devserver")
    else
        options=()
    fi
    configure "$build_root/tsan" -G Ninja -DGRACELINE_UNITY=ALL -DCMAKE_BUILD_TYPE=Debug \
        "${sanitizer_flags[@]}" \
        -DGRACELINE_SANITIZE=thread ${options[@]+"${options[@]}"} || return 1
    build "$build_root/tsan" || return 1
    export TSAN_OPTIONS=second_deadlock_stack=1:suppressions=$root/tests/checks/tsan.supp
    local status=0
    run_ctest "$build_root/tsan" tsan -LE 'checks|no_tsan' || status=1
    unset TSAN_OPTIONS
    return "$status"
}
