// Calls that wait for an event: by id, or all at once. Each gets exactly one answer.
// Must not resume under a lock, nor leave anybody waiting when the client ends.

/// One waiting call, which may be cancelled before, while and after it waits.
final class Answer<Value: Sendable>: Sendable {
    private enum State {
        case fresh
        case waiting(CheckedContinuation<Value, any Error>)
        case early(Result<Value, any Error>)
        /// Cancelled, while the library is still being told; its own answer comes too late.
        case cancelling(CheckedContinuation<Value, any Error>?)
        case done
    }

    private let state = Locked(State.fresh)

    func give(_ result: Result<Value, any Error>) {
        let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .fresh:
                state = .early(result)
                return nil
            case .waiting(let waiter):
                state = .done
                return waiter
            case .early, .cancelling, .done: return nil
            }
        }
        waiter?.resume(with: result)
    }

    /// Called once. A cancelled task gets `CancellationError`, once `onCancel` has returned: what
    /// the call has begun is taken back by then.
    func value(onCancel: @escaping @Sendable () -> Void = {}) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait($0) }
        } onCancel: {
            cancel(onCancel)
        }
    }

    private func wait(_ waiter: CheckedContinuation<Value, any Error>) {
        let early: Result<Value, any Error>? = state.withLock { state in
            switch state {
            case .early(let result):
                state = .done
                return result
            case .cancelling: state = .cancelling(waiter)
            default: state = .waiting(waiter)
            }
            return nil
        }
        if let early { waiter.resume(with: early) }
    }

    private func cancel(_ tellTheLibrary: () -> Void) {
        let isFirst = state.withLock { state in
            switch state {
            case .fresh: state = .cancelling(nil)
            case .waiting(let waiter): state = .cancelling(waiter)
            case .early, .cancelling, .done: return false
            }
            return true
        }
        // The answer is there, and is given: what was done is not undone.
        guard isFirst else { return }
        tellTheLibrary()
        let failure = Result<Value, any Error>.failure(CancellationError())
        let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
            guard case .cancelling(let waiter) = state else { return nil }
            state = waiter == nil ? .early(failure) : .done
            return waiter
        }
        waiter?.resume(with: failure)
    }
}

/// Everybody who waits for an event of one client.
final class Answers: Sendable {
    private struct State {
        var fates: [UInt64: Answer<SendFate>] = [:]
        var requests: [UInt64: Answer<Page>] = [:]
        var pings: [Answer<Double>] = []
        var connections: [Answer<Void>] = []
        var isEnded = false
    }

    private let state = Locked(State())
    private static let ended = GracelineError(.closed, detail: "the client was closed")

    /// `start` asks the library under the lock, so that no event can come before its waiter is
    /// here.
    func fate(_ start: () throws -> UInt64) throws -> (id: UInt64, answer: Answer<SendFate>) {
        try state.withLock { state in
            let answer = Answer<SendFate>()
            let id = try start()
            state.fates[id] = answer
            return (id, answer)
        }
    }

    func request(_ start: () throws -> UInt64) throws -> Answer<Page> {
        try state.withLock { state in
            let answer = Answer<Page>()
            state.requests[try start()] = answer
            return answer
        }
    }

    func ping(_ start: () throws -> Void) throws -> Answer<Double> {
        try state.withLock { state in
            let answer = Answer<Double>()
            try start()
            state.pings.append(answer)
            return answer
        }
    }

    func connection() -> Answer<Void> {
        state.withLock { state in
            let answer = Answer<Void>()
            if state.isEnded {
                answer.give(.failure(Self.ended))
            } else {
                state.connections.append(answer)
            }
            return answer
        }
    }

    /// Nobody waits for it any more. A call that is tried again and again must not leave one each
    /// time, while an answer to all of them is far away.
    func forget(_ answer: AnyObject) {
        state.withLock { state in
            state.connections.removeAll { $0 === answer }
            state.pings.removeAll { $0 === answer }
        }
    }

    /// Of calls of every kind.
    var waitingCount: Int {
        state.withLock {
            $0.fates.count + $0.requests.count + $0.pings.count + $0.connections.count
        }
    }

    func handle(_ kind: Event.Kind, status: () -> Result<Void, any Error>?) {
        switch kind {
        case .sendFate(let fate):
            for answer in take(fate) { answer.give(.success(fate)) }
        case .requestCompleted(let completion):
            let answer = state.withLock { $0.requests.removeValue(forKey: completion.requestID) }
            answer?.give(Result { try completion.get() })
        case .pingCompleted(let roundTrip, let reason):
            let answers = state.withLock { state in
                defer { state.pings = [] }
                return state.pings
            }
            for answer in answers {
                answer.give(
                    roundTrip.map { .success($0) }
                        ?? .failure(GracelineError(.timeout, reason: reason, detail: reason.name)))
            }
        case .connectionStatus: judgeConnections(status())
        case .closed: end()
        default: break
        }
    }

    /// nil: still on its way.
    func judgeConnections(_ result: Result<Void, any Error>?) {
        guard let result else { return }
        let answers = state.withLock { state in
            defer { state.connections = [] }
            return state.connections
        }
        for answer in answers { answer.give(result) }
    }

    private func take(_ fate: SendFate) -> [Answer<SendFate>] {
        state.withLock { state in
            // A range may be longer than what waits, or the other way round.
            let ids = state.fates.keys.filter(fate.ids.contains)
            return ids.compactMap { state.fates.removeValue(forKey: $0) }
        }
    }

    private func end() {
        let left = state.withLock { state in
            defer { state = State(isEnded: true) }
            return state
        }
        let failure = Self.ended
        left.fates.values.forEach { $0.give(.failure(failure)) }
        left.requests.values.forEach { $0.give(.failure(failure)) }
        left.pings.forEach { $0.give(.failure(failure)) }
        left.connections.forEach { $0.give(.failure(failure)) }
    }
}
