// The system's background time of one client: each grant is given back exactly once, on every path.
// Must not know UIKit; the system is what the protocol says, and may refuse, expire and be slow.

/// The operating system, as far as background time goes.
protocol SystemBackgroundTime: Sendable {
    /// nil: refused. `onExpiry` may come at any time, on the main thread, also before this returns.
    func begin(onExpiry: @escaping @Sendable () -> Void) -> Int?
    func end(_ id: Int)
    func remaining() -> TimeSpan
}

final class BackgroundTimeKeeper: Sendable {
    private struct State {
        /// Numbers of ours that the library holds, and the system's id of each.
        var open: [UInt64: Int] = [:]
        /// Asked for and not answered yet; true: taken back already.
        var beginning: [UInt64: Bool] = [:]
        var next: UInt64 = 0
    }

    private let system: any SystemBackgroundTime
    private let onExpiry: @Sendable () -> Void
    private let state = Locked(State())

    /// `onExpiry`: the client closes its connection in it, bounded, and calls `end` of the hooks.
    init(_ system: any SystemBackgroundTime, onExpiry: @escaping @Sendable () -> Void) {
        self.system = system
        self.onExpiry = onExpiry
    }

    /// What the library calls.
    var hooks: Configuration.BackgroundTime {
        Configuration.BackgroundTime(
            begin: { [self] in begin() }, end: { [self] in end($0) },
            remaining: { [self] in system.remaining() })
    }

    private func begin() -> Configuration.BackgroundTime.Grant? {
        let number: UInt64 = state.withLock { state in
            state.next += 1
            state.beginning[state.next] = false
            return state.next
        }
        guard let id = system.begin(onExpiry: { [weak self] in self?.expire(number) }) else {
            state.withLock { _ = $0.beginning.removeValue(forKey: number) }
            return nil
        }
        let isExpired = state.withLock { state in
            if state.beginning.removeValue(forKey: number) == true { return true }
            state.open[number] = id
            return false
        }
        if isExpired {
            // Taken back before it was given: that is a refusal.
            system.end(id)
            return nil
        }
        return .init(id: number, remaining: system.remaining())
    }

    private func end(_ number: UInt64) {
        if let id = state.withLock({ $0.open.removeValue(forKey: number) }) { system.end(id) }
    }

    private func expire(_ number: UInt64) {
        // Taken out first: the system wants its time back before its handler returns, and what the
        // library then ends on a thread of its own finds nothing to end.
        let id: Int? = state.withLock { state in
            if state.beginning[number] != nil { state.beginning[number] = true }
            return state.open.removeValue(forKey: number)
        }
        guard let id else { return }
        onExpiry()
        system.end(id)
    }
}
