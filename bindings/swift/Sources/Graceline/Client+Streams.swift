// What a client gives to iterate over. Messages are pulled: who does not iterate stops the socket.
// Must not buffer beyond the client's own queue.

extension Client {
    /// Batches of messages as they come. A batch goes to one iterator; an iteration that ends early
    /// loses nothing, the next one goes on. Nothing is buffered beyond `receiveQueueBytes`: when
    /// the
    /// app stops iterating, the socket is not read.
    public var messageBatches: MessageBatches { MessageBatches(queue: core.messages) }

    /// The same, message by message. An iteration that ends early takes the rest of its batch
    /// along.
    public var messages: Messages { Messages(queue: core.messages) }

    /// Changes of the connection, beginning with how it stands now; a new stream for each
    /// subscriber.
    public var states: AsyncStream<ConnectionChange> {
        core.states.stream(first: ConnectionChange(ConnectionInfo(core.handle)))
    }

    /// All events that are not messages, from now on; a new stream for each subscriber.
    public var events: AsyncStream<Event> { core.events.stream() }
}

/// See `Client.messageBatches`. It ends when the client is closed and all is taken.
public struct MessageBatches: AsyncSequence, Sendable {
    public typealias Element = MessageBatch
    let queue: BatchQueue

    public struct AsyncIterator: AsyncIteratorProtocol {
        let queue: BatchQueue

        public mutating func next() async -> MessageBatch? { await queue.next() }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> MessageBatch? {
            await queue.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue) }
}

/// See `Client.messages`.
public struct Messages: AsyncSequence, Sendable {
    public typealias Element = Message
    let queue: BatchQueue

    public struct AsyncIterator: AsyncIteratorProtocol {
        let queue: BatchQueue
        var batch: MessageBatch?
        var index = 0

        public mutating func next() async -> Message? { await next(isolation: nil) }

        /// On the caller's own actor: a hop to another thread and back for each message would take
        /// a
        /// hundred times as long as the message.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Message? {
            while true {
                if let batch, index < batch.count {
                    index += 1
                    return batch[index - 1]
                }
                // Let go first: while this waits, the old batch must not count as queue.
                batch = nil
                index = 0
                guard let next = await queue.next() else { return nil }
                batch = next
            }
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: queue) }
}
