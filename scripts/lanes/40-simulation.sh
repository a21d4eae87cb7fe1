# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_simulation and declare it.
declare_lane simulation 3 "200,000 simulated lives, every short sequence, a sample of planted bugs"

readonly schedules_of_a_run=200000
readonly length_of_sequences=6
readonly mutants_of_a_run=12

lane_simulation() {
    local status=0 program=$build_root/release/tests/simulation
    configure_release || return 1
    build "$build_root/release" --target simulate || return 1
    simulation_part "$schedules_of_a_run lives" "$program/simulate" \
        --schedules "$schedules_of_a_run" --jobs "$jobs" || status=1
    simulation_part "every sequence" "$program/simulate" \
        --every "$length_of_sequences" --jobs "$jobs" || status=1
    simulation_part "planted bugs" scripts/mutants --sample "$mutants_of_a_run" || status=1
    return "$status"
}

# simulation_part NAME COMMAND...: counts it, and shows its last line.
simulation_part() {
    local name=$1 log=$results/simulation-${1// /-}.log
    shift
    if quietly "$name" "$log" "$@"; then
        tail -n 1 "$log" | sed 's/^/  /'
        lane_passed=$((lane_passed + 1))
    else
        tail -n 5 "$log" | sed 's/^/  /'
        lane_failed=$((lane_failed + 1))
        return 1
    fi
}
