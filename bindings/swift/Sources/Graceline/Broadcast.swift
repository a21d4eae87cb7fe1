// One stream for each subscriber, from its subscription on.
// Must not grow without a bound for a subscriber that does not read: the oldest goes.

final class Broadcast<Element: Sendable>: Sendable {
    private struct State {
        var subscribers: [UInt64: AsyncStream<Element>.Continuation] = [:]
        var nextID: UInt64 = 0
        var isFinished = false
    }

    private let state = Locked(State())
    private let kept: Int

    init(kept: Int) { self.kept = kept }

    /// `first`: what the subscriber sees before all else.
    func stream(first: Element? = nil) -> AsyncStream<Element> {
        AsyncStream(bufferingPolicy: .bufferingNewest(kept)) { continuation in
            if let first { continuation.yield(first) }
            let id: UInt64? = state.withLock { state in
                guard !state.isFinished else { return nil }
                state.nextID += 1
                state.subscribers[state.nextID] = continuation
                return state.nextID
            }
            guard let id else { return continuation.finish() }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) }
            }
        }
    }

    func send(_ element: Element) {
        let subscribers = state.withLock { $0.subscribers }
        for continuation in subscribers.values { continuation.yield(element) }
    }

    func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers = [:] }
            return state.subscribers
        }
        for continuation in subscribers.values { continuation.finish() }
    }
}
