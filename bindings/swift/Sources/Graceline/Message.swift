// One message, seen in the memory of its batch; bytes become Swift values only when asked for.
// Must not copy a payload by itself, nor outlive its batch: it holds it.
import CGraceline
import Foundation

/// A batch of the C API, given back when the last message of it is let go.
final class NativeBatch: @unchecked Sendable {
    static let stride = Int(gracelineBatchStrideBytes())

    let handle: OpaquePointer
    let count: Int
    let events: UnsafeRawPointer?

    init(_ handle: OpaquePointer) {
        self.handle = handle
        count = Int(gracelineBatchCount(handle))
        events = UnsafeRawPointer(gracelineBatchEvents(handle))
    }

    deinit { gracelineBatchRelease(handle) }

    func event(at index: Int) -> UnsafePointer<GracelineEvent> {
        event(events!, index)
    }

    func event(_ base: UnsafeRawPointer, _ index: Int) -> UnsafePointer<GracelineEvent> {
        (base + index * Self.stride).assumingMemoryBound(to: GracelineEvent.self)
    }
}

func optionalString(_ text: UnsafePointer<CChar>?) -> String? {
    text.map { String(cString: $0) }
}

/// A message as it came. Cheap to pass on: it points into its batch, whose memory counts as queue
/// until the last of its messages is let go. Keep `text` or `data`, not a million messages.
public struct Message: @unchecked Sendable {
    let owner: NativeBatch
    let event: UnsafePointer<GracelineEvent>

    /// 1, 2, 3 … over messages and events of one client; 0 for an item of a page.
    public var sequence: UInt64 { event.pointee.sequence }
    /// When it came, on the clock of `GracelineLibrary.now`.
    public var time: TimeSpan { TimeSpan(native: event.pointee.time_ms) }
    public var isText: Bool { has(.text) }
    public var isBinary: Bool { has(.binary) }
    /// Delivered by a catch-up or in a page, not live.
    public var isReplayed: Bool { has(.replayed) }
    public var size: Int { event.pointee.size }

    public var id: String? { field(\.id) }
    public var conversation: String? { field(\.conversation) }
    public var sender: String? { field(\.sender) }
    /// As the server wrote it.
    public var serverTime: String? { field(\.time) }

    /// The payload in place, without a copy; valid inside the call only.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(owner) {
            let event = event.pointee
            return try body(UnsafeRawBufferPointer(start: event.data, count: event.size))
        }
    }

    /// The payload as text; the library has validated it for text messages.
    public var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    public var data: Data { withUnsafeBytes { Data($0) } }

    private func has(_ flag: GracelineMessageFlag) -> Bool {
        event.pointee.flags & UInt32(flag.rawValue) != 0
    }

    private func field(_ path: KeyPath<GracelineMessageFields, UnsafePointer<CChar>?>) -> String? {
        withExtendedLifetime(owner) {
            event.pointee.fields.flatMap { optionalString($0.pointee[keyPath: path]) }
        }
    }
}

/// Messages that came together, in order; made into Swift values only as they are looked at.
public struct MessageBatch: RandomAccessCollection, @unchecked Sendable {
    let owner: NativeBatch
    let base: UnsafeRawPointer
    public let count: Int

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(position: Int) -> Message {
        precondition(position >= 0 && position < count, "no such message in this batch")
        return Message(owner: owner, event: owner.event(base, position))
    }

    /// Every payload in place, in order, without a copy: the fastest way through a flood.
    public func forEachPayload(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try withExtendedLifetime(owner) {
            for index in 0..<count {
                let event = owner.event(base, index).pointee
                try body(UnsafeRawBufferPointer(start: event.data, count: event.size))
            }
        }
    }
}
