// Sending: accepted at once, and exactly one fate for each accepted message.
// Must not wait for the network but in `deliver`.
import CGraceline
import Foundation

/// How one message is sent.
public struct SendOptions: Sendable {
    /// By it the server knows a message again.
    public var deduplicationID: String?
    /// While it waits, it fails after this.
    public var expiresIn: TimeSpan

    public init(deduplicationID: String? = nil, expiresIn: TimeSpan = .unlimited) {
        self.deduplicationID = deduplicationID
        self.expiresIn = expiresIn
    }
}

extension Client {
    /// Sends text; returns its number at once. Its fate comes as an event.
    @discardableResult
    public func send(_ text: String, options: SendOptions = SendOptions()) throws -> UInt64 {
        var text = text
        return try text.withUTF8 { try send(UnsafeRawBufferPointer($0), .text, options) }
    }

    @discardableResult
    public func send(_ data: Data, options: SendOptions = SendOptions()) throws -> UInt64 {
        try data.withUnsafeBytes { try send($0, .binary, options) }
    }

    /// Sends text and returns its fate: `.acknowledged`, or `.sent` where the session has no acks.
    /// Throws when it failed. A cancelled task takes the message back where it still waits.
    public func deliver(_ text: String, options: SendOptions = SendOptions()) async throws -> Fate {
        let (id, answer) = try core.answers.fate { try send(text, options: options) }
        let core = core
        let fate = try await answer.value(onCancel: {
            _ = gracelineClientCancelSend(core.handle, id: id)
        })
        guard fate.fate != .failed else {
            throw GracelineError(.notConnected, reason: fate.reason, detail: fate.reason.name)
        }
        return fate.fate
    }

    /// Takes back a message that still waits in the outbox.
    public func cancelSend(_ id: UInt64) throws {
        try check(gracelineClientCancelSend(core.handle, id: id))
    }

    private func send(
        _ bytes: UnsafeRawBufferPointer, _ kind: GracelineMessageKind, _ options: SendOptions
    ) throws -> UInt64 {
        let memory = CallMemory()
        var message = GracelineOutgoing()
        let size = UInt32(MemoryLayout<GracelineOutgoing>.size)
        try check(gracelineOutgoingInit(&message, structSize: size))
        message.kind = Int32(kind.rawValue)
        message.data = bytes.bindMemory(to: UInt8.self).baseAddress
        message.size = bytes.count
        message.deduplication_id = memory.text(options.deduplicationID, "deduplicationID")
        try memory.check()
        message.expires_in_ms = options.expiresIn.milliseconds
        var id: UInt64 = 0
        try withExtendedLifetime(memory) {
            try check(gracelineClientSend(core.handle, message: &message, id: &id))
        }
        return id
    }
}
