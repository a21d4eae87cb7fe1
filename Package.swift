// swift-tools-version:6.0
// The package that an app adds: the module Graceline over the C API. Its tests: bindings/swift.
// Must not need unsafe flags: SwiftPM refuses such a package as a dependency.
import PackageDescription

#if os(Linux)
// The installed library, found by pkg-config.
let native: Target = .systemLibrary(
    name: "CGraceline", path: "bindings/swift/CGraceline", pkgConfig: "graceline")
#else
// Made by bindings/swift/make-xcframework, which says how; it stands beside this file.
let native: Target = .binaryTarget(name: "CGraceline", path: "build/CGraceline.xcframework")
#endif

let package = Package(
    name: "Graceline",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Graceline", targets: ["Graceline"])],
    targets: [
        native,
        .target(
            name: "Graceline", dependencies: ["CGraceline"],
            path: "bindings/swift/Sources/Graceline"),
    ],
    swiftLanguageModes: [.v6]
)
