// Batches between the pump and those who iterate; who waits is suspended, never blocked.
// Must not bound or drop: batches held here count as the client's queue, which stops the socket.

/// First come, first served, among batches and among iterators.
final class BatchQueue: Sendable {
    private typealias Waiter = CheckedContinuation<MessageBatch?, Never>

    private struct State {
        var ready: [MessageBatch?] = []
        var taken = 0
        var waiters: [(ticket: UInt64, waiter: Waiter)] = []
        var cancelled: Set<UInt64> = []
        var nextTicket: UInt64 = 0
        var isFinished = false

        mutating func take() -> MessageBatch? {
            guard taken < ready.count else { return nil }
            let batch = ready[taken]
            // What was taken must be let go at once: its memory is the client's queue.
            ready[taken] = nil
            taken += 1
            if taken == ready.count || taken >= Limits.takenBatchesKept {
                ready.removeFirst(taken)
                taken = 0
            }
            return batch
        }
    }

    private let state = Locked(State())

    /// Whether an iterator would have to wait.
    var isEmpty: Bool { state.withLock { $0.taken == $0.ready.count } }

    func push(_ batch: MessageBatch) {
        let waiter: Waiter? = state.withLock { state in
            if state.waiters.isEmpty {
                state.ready.append(batch)
                return nil
            }
            return state.waiters.removeFirst().waiter
        }
        waiter?.resume(returning: batch)
    }

    /// Iterators end once they have taken what is left.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for (_, waiter) in waiters { waiter.resume(returning: nil) }
    }

    /// nil: the client is closed, or the task was cancelled. A batch is never lost to a cancelled
    /// task: it stays for the next iterator.
    func next() async -> MessageBatch? {
        if Task.isCancelled { return nil }
        let (batch, ticket): (MessageBatch?, UInt64?) = state.withLock { state in
            if let batch = state.take() { return (batch, nil) }
            if state.isFinished { return (nil, nil) }
            state.nextTicket += 1
            return (nil, state.nextTicket)
        }
        guard let ticket else { return batch }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { wait($0, ticket: ticket) }
        } onCancel: {
            cancel(ticket)
        }
        state.withLock { _ = $0.cancelled.remove(ticket) }
        return answer
    }

    private func wait(_ waiter: Waiter, ticket: UInt64) {
        let answer: MessageBatch?? = state.withLock { state in
            if state.cancelled.remove(ticket) != nil { return .some(nil) }
            if let batch = state.take() { return .some(batch) }
            if state.isFinished { return .some(nil) }
            state.waiters.append((ticket, waiter))
            return nil
        }
        if let answer { waiter.resume(returning: answer) }
    }

    private func cancel(_ ticket: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            if let place = state.waiters.firstIndex(where: { $0.ticket == ticket }) {
                return state.waiters.remove(at: place).waiter
            }
            // Not waiting yet, or answered already; only the first will ever look.
            state.cancelled.insert(ticket)
            return nil
        }
        waiter?.resume(returning: nil)
    }
}
