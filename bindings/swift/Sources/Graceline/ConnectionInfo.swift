// Everything about the connection at one moment, and the counters since the client was made.
// Must not ask the network.
import CGraceline

/// How the connection stands.
public struct ConnectionInfo: Sendable {
    public let status: ConnectionStatus
    public let phase: Phase
    public let reason: Reason
    public let attempt: Int
    public let closeCode: Int
    public let httpStatus: Int
    /// The last one that was reported.
    public let applicationState: ApplicationState
    public let network: Network
    public let isTLSResumed: Bool
    public let isTrusted: Bool
    public let isGapOpen: Bool
    public let isTaskRunning: Bool
    /// Of the last ended task.
    public let taskCause: TaskCause
    public let taskNumber: UInt64
    public let gapNumber: UInt64
    public let connectionNumber: UInt64
    public let retryIn: TimeSpan?
    /// Seconds; nil: none measured yet.
    public let roundTrip: Double?
    public let lastFrameAge: TimeSpan?
    public let transport: String
    public let subprotocol: String
    public let tlsVersion: String
    public let peer: String
    /// For people.
    public let text: String

    init(_ handle: OpaquePointer) {
        var info = GracelineConnectionInfo()
        info.struct_size = UInt32(MemoryLayout<GracelineConnectionInfo>.size)
        _ = gracelineClientConnectionInfo(handle, info: &info)
        status = ConnectionStatus(rawValue: info.connection_status)
        phase = Phase(rawValue: info.phase)
        reason = Reason(rawValue: info.reason)
        attempt = Int(info.attempt)
        closeCode = Int(info.close_code)
        httpStatus = Int(info.http_status)
        applicationState = ApplicationState(rawValue: info.application_state)
        network = Network(rawValue: info.network)
        isTLSResumed = info.tls_resumed != 0
        isTrusted = info.trusted != 0
        isGapOpen = info.gap_open != 0
        isTaskRunning = info.task_running != 0
        taskCause = TaskCause(rawValue: info.task_cause)
        taskNumber = info.task_number
        gapNumber = info.gap_number
        connectionNumber = info.connection_number
        retryIn = info.retry_in_ms < 0 ? nil : TimeSpan(native: info.retry_in_ms)
        roundTrip = info.round_trip_us < 0 ? nil : Double(info.round_trip_us) / 1e6
        lastFrameAge = info.last_frame_age_ms < 0 ? nil : TimeSpan(native: info.last_frame_age_ms)
        transport = textOf(&info.transport)
        subprotocol = textOf(&info.subprotocol)
        tlsVersion = textOf(&info.tls_version)
        peer = textOf(&info.peer)
        text = textOf(&info.text)
    }
}

/// An array of C characters is a tuple in Swift.
private func textOf<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension ConnectionChange {
    init(_ info: ConnectionInfo) {
        status = info.status
        phase = info.phase
        reason = info.reason
        attempt = info.attempt
        retryIn = info.retryIn
        closeCode = info.closeCode
        httpStatus = info.httpStatus
        text = info.text
    }
}

/// Counters since the client was made.
public struct Statistics: Sendable {
    public let messagesReceived: UInt64
    public let bytesReceived: UInt64
    public let messagesSent: UInt64
    public let pingsSent: UInt64
    public let connections: UInt64
    public let attempts: UInt64
    public let gaps: UInt64
    public let tasks: UInt64
    /// Times that back-pressure stopped reading.
    public let readingPaused: UInt64
    /// Memory of the queue and of the batches that the app holds.
    public let queueBytes: UInt64
    public let queuePeakBytes: UInt64
    public let duplicatesDropped: UInt64
    public let messagesReplayed: UInt64
    public let pagesFetched: UInt64
    public let outboxCount: UInt64

    init(_ handle: OpaquePointer) {
        var counters = GracelineStatistics()
        counters.struct_size = UInt32(MemoryLayout<GracelineStatistics>.size)
        _ = gracelineClientStatistics(handle, statistics: &counters)
        messagesReceived = counters.messages_received_count
        bytesReceived = counters.bytes_received
        messagesSent = counters.messages_sent_count
        pingsSent = counters.pings_sent_count
        connections = counters.connections_count
        attempts = counters.attempts_count
        gaps = counters.gaps_count
        tasks = counters.tasks_count
        readingPaused = counters.reading_paused_count
        queueBytes = counters.queue_bytes
        queuePeakBytes = counters.queue_peak_bytes
        duplicatesDropped = counters.duplicates_dropped_count
        messagesReplayed = counters.messages_replayed_count
        pagesFetched = counters.pages_fetched_count
        outboxCount = counters.outbox_count
    }
}
