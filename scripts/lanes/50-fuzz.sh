# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_fuzz and declare it.
declare_lane fuzz 4 "seven libFuzzer targets of the pure layers, 30 s each, with ASan and UBSan"

readonly fuzz_seconds=30

lane_fuzz() {
    if ! command -v clang++-14 >/dev/null 2>&1; then
        skip "clang 14 is not here, and with it no libFuzzer"
        return 0
    fi
    local log=$build_root/fuzz/lane.log status=0 line
    mkdir -p "$build_root/fuzz"
    GRACELINE_FUZZ_BUILD_DIR=$build_root/fuzz quietly "fuzz for $fuzz_seconds s a target" "$log" \
        scripts/fuzz --seconds "$fuzz_seconds" --jobs 2 || status=1
    grep -a '^fuzz: ' "$log" | sed 's/^/  /'
    lane_passed=$(grep -ac '^fuzz: .* passed, ' "$log" || true)
    lane_failed=$(grep -ac '^fuzz: .* FAILED:' "$log" || true)
    return "$status"
}
