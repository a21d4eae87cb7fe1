# shellcheck shell=bash
# A lane of scripts/test, read by it. Must define lane_swift and declare it.
declare_lane swift 4 "the clang module, and the Swift package in a Debian root of its own"

# Beside the libraries, what they need and the root has not: Debian 12's files run there unchanged.
swift_libraries() { # FOLDER
    local folder=$1 in_root name path
    in_root=$(scripts/swift-root where)
    mkdir -p "$folder/scripted"
    cp -a "$build_root/release/tests/scripted/"libgraceline.so* "$folder/scripted/" || return 1
    ldd "$folder/prefix/lib/libgraceline.so" | awk '$2 == "=>" { print $1, $3 }' |
        while read -r name path; do
            # The root's own are newer and serve both.
            if ! find "$in_root/usr/lib" "$in_root/lib" -name "$name" 2>/dev/null | grep -q .; then
                cp -L "$path" "$folder/prefix/lib/"
            fi
        done
}

# A server that ends when its standard input does, which is descriptor DESCRIPTOR of this shell.
swift_server() { # FOLDER NAME DESCRIPTOR COMMAND...
    local folder=$1 name=$2 descriptor=$3 tries_left=100
    shift 3
    rm -f "$folder/$name.in"
    mkfifo "$folder/$name.in"
    "$@" <"$folder/$name.in" >"$folder/$name.out" 2>&1 7>&- 8>&- 9>&- &
    eval "exec $descriptor>\"\$folder/\$name.in\""
    # Its first line has the port.
    until grep -q . "$folder/$name.out" || [ $((tries_left -= 1)) -eq 0 ]; do sleep 0.1; done
}

swift_count() { # STATUS
    if [ "$1" -eq 0 ]; then
        lane_passed=$((lane_passed + 1))
    else
        lane_failed=$((lane_failed + 1))
    fi
}

lane_swift() {
    local folder=$build_root/swift log devserver bench feed line status=0
    configure_release || return 1
    build "$build_root/release" --target graceline graceline_scripted graceline_devserver ||
        return 1
    rm -rf "$folder/prefix" "$folder/scripted"
    mkdir -p "$folder"
    quietly "install for Swift" "$folder/install.log" \
        cmake --install "$build_root/release" --prefix "$root/$folder/prefix" || return 1
    for line in generate.py generate_enums.py; do
        python3 -B "bindings/swift/$line" --check || status=1
        swift_count "$status"
    done
    python3 -B bindings/swift/Tests/example.py || status=1
    swift_count "$status"
    quietly "the clang module" "$folder/modules.log" \
        python3 -B bindings/swift/Tests/modules.py "$root/$folder/prefix" || status=1
    swift_count "$status"
    if [[ $build_root == /* || $build_root == ..* ]]; then
        skip "Swift's root sees this tree only, and the build folder is outside: $build_root"
        return "$status"
    fi
    if ! scripts/swift-root make >/dev/null 2>"$folder/root.log"; then
        skip "the Swift root cannot be made here: $(tail -n 1 "$folder/root.log")"
        return "$status"
    fi
    cat "$folder/root.log"
    swift_libraries "$folder" || return 1
    quietly "the flood's server" "$folder/bench_server.log" g++ -std=c++20 -O2 -I. \
        tests/bench/server/*.cpp -o "$folder/bench_server" -lssl -lcrypto || return 1
    swift_server "$folder" devserver 7 "$build_root/release/tools/devserver/graceline-devserver" \
        --port 0 --exit-with-stdin --echo-path /echo
    swift_server "$folder" bench 8 "$folder/bench_server" --ca-file "$folder/ca.pem"
    swift_server "$folder" feed 9 python3 -B bindings/swift/Tests/feed_server.py
    devserver=$(grep -oE '127\.0\.0\.1:[0-9]+' "$folder/devserver.out" | head -n 1 | cut -d: -f2)
    bench=$(grep -oE '"plain": [0-9]+' "$folder/bench.out" | grep -oE '[0-9]+$')
    feed=$(grep -oE '127\.0\.0\.1:[0-9]+' "$folder/feed.out" | head -n 1 | cut -d: -f2)
    log=$folder/run.log
    quietly "Swift" "$log" scripts/swift-root run \
        bindings/swift/Tests/run "/graceline/$folder" "$devserver" "$bench" "$feed" || status=1
    exec 7>&- 8>&- 9>&-
    grep '^    ' "$log"
    line=$(grep -E '^swift: [0-9]+ passed' "$log") || line="swift: 0 passed, 1 failed"
    lane_passed=$((lane_passed + $(cut -d' ' -f2 <<<"$line")))
    lane_failed=$((lane_failed + $(cut -d' ' -f4 <<<"$line")))
    python3 -B bindings/swift/Tests/surface.py "$folder/CGraceline.symbols.json" || status=1
    swift_count "$status"
    return "$status"
}
