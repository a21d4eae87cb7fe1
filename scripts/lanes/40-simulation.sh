# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_simulation and declare it.
declare_lane simulation 3 "200,000 simulated lives, every short sequence, a sample of planted bugs"

readonly schedules_of_a_run=200000

lane_simulation() {
    local status=0 program=$build_root/release/tests/simulation
    configure_release || return 1
    build "$build_root/release" --target simulate || return 1
    if quietly "simulate $schedules_of_a_run schedules" "$results/simulate.log" \
        "$program/simulate" --schedules "$schedules_of_a_run" --jobs "$jobs"; then
        tail -n 1 "$results/simulate.log" | sed 's/^/  /'
        lane_passed=$((lane_passed + 1))
    else
        lane_failed=$((lane_failed + 1))
        status=1
    fi
    return "$status"
}
