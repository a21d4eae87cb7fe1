# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_proof and declare it.
declare_lane proof 3 "the engine's branches, and valgrind over three scenarios"

# One build without optimization serves both: what an optimizer makes of an empty std::optional
# looks to valgrind like a decision on memory that nobody set.
lane_proof() {
    local folder=$build_root/coverage status=0 case_
    mkdir -p "$folder"
    if quietly "measure the engine's branches" "$folder/coverage.log" \
        scripts/coverage --engine; then
        lane_passed=$((lane_passed + 1))
        tail -n 20 "$folder/coverage.log"
    else
        lane_failed=$((lane_failed + 1))
        return 1
    fi
    if ! command -v valgrind >/dev/null 2>&1; then
        skip "valgrind is not here (scripts/setup tests installs it)"
        return 0
    fi
    quietly "build what valgrind runs" "$folder/build.log" cmake --build "$folder" \
        --parallel "$jobs" --target scenario_runner || return 1
    local memcheck=(valgrind --quiet --error-exitcode=9 --leak-check=full
        --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect
        --num-callers=30)
    local runner=$folder/tests/scenarios/cpp/scenario_runner
    local runs=("$runner tests/scenarios catch_up_recovered.json"
        "$runner tests/scenarios outbox_acks.json" "$runner tests/scenarios r13_os_expires.json")
    for case_ in "${runs[@]}"; do
        # shellcheck disable=SC2086
        if quietly "valgrind ${case_##*/}" "$folder/valgrind.log" "${memcheck[@]}" $case_; then
            lane_passed=$((lane_passed + 1))
        else
            lane_failed=$((lane_failed + 1))
            status=1
        fi
    done
    return "$status"
}
