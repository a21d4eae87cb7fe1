// swift-tools-version:6.0
// The workshop of the binding: the module over stubs of Apple's, its tests, and the examples'
// types.
// Must not be what an app adds: that is Package.swift at the root of the tree.
import PackageDescription

let package = Package(
    name: "GracelineWorkshop",
    platforms: [.iOS(.v15), .macOS(.v12)],
    targets: [
        // Links, since SwiftPM takes no target from outside its package.
        .systemLibrary(name: "CGraceline", path: "Linked/CGraceline", pkgConfig: "graceline"),
        // Stubs with the names of Apple's modules, so that `canImport` finds them.
        .target(name: "UIKit", path: "Stubs/UIKit"),
        .target(name: "BackgroundTasks", path: "Stubs/BackgroundTasks"),
        .target(name: "SwiftUI", dependencies: ["UIKit"], path: "Stubs/SwiftUI"),
        .target(
            name: "Graceline",
            dependencies: ["CGraceline", "UIKit", "BackgroundTasks", "SwiftUI"],
            path: "Linked/Graceline"),
        // Type-checked, as far as the stubs go.
        .executableTarget(
            name: "ChatApp", dependencies: ["Graceline", "UIKit", "SwiftUI"],
            path: "Linked/ChatApp", exclude: ["Info.plist", "PrivacyInfo.xcprivacy"]),
        .testTarget(name: "GracelineTests", dependencies: ["Graceline"], path: "GracelineTests"),
    ],
    swiftLanguageModes: [.v6]
)
