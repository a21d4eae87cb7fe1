// swift-tools-version:6.0
// An app's package, as a stranger writes it: Graceline by URL and tag. A test fills in the URL.
// Must not reach into the tree: what is not in the tagged package is not there for an app.
import PackageDescription

let package = Package(
    name: "Consumer",
    platforms: [.iOS(.v15), .macOS(.v12)],
    dependencies: [
        .package(url: Context.environment["GRACELINE_PACKAGE_URL"] ?? "", exact: "0.1.0")
    ],
    targets: [
        .executableTarget(
            name: "hello", dependencies: [.product(name: "Graceline", package: "graceline")]),
        .executableTarget(
            name: "flood", dependencies: [.product(name: "Graceline", package: "graceline")]),
        .executableTarget(
            name: "feed", dependencies: [.product(name: "Graceline", package: "graceline")]),
    ],
    swiftLanguageModes: [.v6]
)
