# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_csharp and declare it.
declare_lane csharp 4 "C#: NUnit, scenarios, Unity's loop and packages, on .NET and Mono"

lane_csharp() {
    if ! command -v dotnet >/dev/null 2>&1; then
        skip "dotnet is not here (SDK 10); see bindings/csharp/README.md"
        return 0
    fi
    local folder=$build_root/release log=$root/$build_root/csharp.log status=0 sums line
    if ! [ -f "$folder/build.ninja" ]; then
        configure "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release || return 1
    fi
    build "$folder" --target graceline graceline_csharp graceline_csharp_scripted \
        graceline-devserver || return 1
    quietly "bindings/csharp/tests/run.py" "$log" \
        python3 -B bindings/csharp/tests/run.py --build "$folder" --out "$build_root/csharp" ||
        status=1
    while IFS= read -r line; do skip "${line#skipped: }"; done < <(grep '^skipped: ' "$log")
    sums=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    lane_passed=$((lane_passed + ${sums%% *}))
    sums=${sums#*, }
    lane_failed=$((lane_failed + ${sums%% *}))
    return "$status"
}
