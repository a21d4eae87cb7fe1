// Which app states follow from what scenes, the app and the host say: one reporter for a process.
// Must not know UIKit, a clock or a client; it is a value, so that every decision can be tested.

/// Sees all reports of one process and tells what is to be reported to the library.
struct LifecycleLedger: Sendable {
    enum Level: Int, Comparable, Sendable {
        case background, inactive, active

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    enum Fact: Sendable, Equatable {
        /// A notification of the app, or a call of the host.
        case application(ApplicationState)
        case scene(ObjectIdentifier, Level)
        case sceneDisconnected(ObjectIdentifier)
    }

    private(set) var level: Level
    private var scenes: [ObjectIdentifier: Level] = [:]

    init(level: Level = .active) { self.level = level }

    /// The states to report, in this order; empty when nothing is new.
    mutating func handle(_ fact: Fact) -> [ApplicationState] {
        switch fact {
        case .application(.willTerminate): return [.willTerminate]
        case .application(let state): return handle(state)
        case .scene(let id, let level):
            scenes[id] = level
            return followScenes()
        case .sceneDisconnected(let id):
            scenes.removeValue(forKey: id)
            // The last scene is gone: whoever closed it has left the foreground.
            return scenes.isEmpty ? move(to: .background) : followScenes()
        }
    }

    private mutating func handle(_ state: ApplicationState) -> [ApplicationState] {
        guard let wanted = Self.level(of: state, from: level) else { return [] }
        // Scenes know better than any single voice: in background only when none is in front.
        if let front = scenes.values.max(), wanted != front { return [] }
        if state == .willResignActive, level == .background {
            // Nobody told of the return; the library then implies it (R24).
            level = .inactive
            return [.willResignActive]
        }
        return move(to: wanted)
    }

    private static func level(of state: ApplicationState, from level: Level) -> Level? {
        switch state {
        case .didBecomeActive: return .active
        case .willResignActive: return .inactive
        case .didBackground: return .background
        case .willEnterForeground: return max(level, .inactive)
        default: return nil
        }
    }

    private mutating func followScenes() -> [ApplicationState] {
        scenes.values.max().map { move(to: $0) } ?? []
    }

    private mutating func move(to wanted: Level) -> [ApplicationState] {
        defer { level = wanted }
        switch (level, wanted) {
        case (.active, .inactive): return [.willResignActive]
        case (.active, .background): return [.willResignActive, .didBackground]
        case (.inactive, .background): return [.didBackground]
        case (.inactive, .active): return [.didBecomeActive]
        case (.background, .inactive): return [.willEnterForeground]
        case (.background, .active): return [.willEnterForeground, .didBecomeActive]
        default: return []
        }
    }
}
