# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_options and declare it.
declare_lane options 3 "the default generator, no cpprestsdk, and a program on the installed files"

# What a stranger does: the default generator, no cpprestsdk, install, and a program of their own.
# Release, so that the compiler cache has most of it from the release lane.
lane_options() {
    local folder=$build_root/options status=0
    configure "$folder" -DCMAKE_BUILD_TYPE=Release -DGRACELINE_WITH_CPPREST=OFF \
        -DGRACELINE_BUILD_TESTS=OFF || return 1
    build "$folder" || return 1
    lane_passed=$((lane_passed + 1))
    if quietly "install $folder and build the examples against it" "$folder/install.log" \
        python3 tests/checks/install.py --root . --build "$folder"; then
        lane_passed=$((lane_passed + 1))
    else
        lane_failed=$((lane_failed + 1))
        status=1
    fi
    return "$status"
}
