// The owner of the handle and its pump: takes events as they come and gives each to who waits for
// it.
// Must not call the library from its wake hook, nor wait for anything on a thread of Swift's pool.
import CGraceline
import Dispatch
import Foundation

/// What the wake hook may touch: it only hands work to a queue.
private final class Wake: @unchecked Sendable {
    let queue: DispatchQueue
    weak var core: Core?

    init(queue: DispatchQueue) { self.queue = queue }

    func signal() { queue.async { [self] in core?.drain() } }
}

/// Hooks of the host, alive for as long as the library may call them.
private final class Hooks: Sendable {
    let backgroundTime: Configuration.BackgroundTime?
    let log: (@Sendable (LogLevel, String) -> Void)?

    init(_ configuration: Configuration) {
        backgroundTime = configuration.backgroundTime
        log = configuration.log
    }
}

private func hooks(_ data: UnsafeMutableRawPointer?) -> Hooks {
    Unmanaged<Hooks>.fromOpaque(data!).takeUnretainedValue()
}

private let releaseObject: @convention(c) (UnsafeMutableRawPointer?) -> Void = { data in
    if let data { Unmanaged<AnyObject>.fromOpaque(data).release() }
}

final class Core: @unchecked Sendable {
    let handle: OpaquePointer
    let messages = BatchQueue()
    let answers = Answers()
    let events = Broadcast<Event>(kept: Limits.eventsKept)
    let states = Broadcast<ConnectionChange>(kept: Limits.statesKept)
    private let providers: Providers
    private let pumping = NSLock()
    private let isClosed = Locked(false)
    private let queue = DispatchQueue(label: "graceline.events", qos: .userInitiated)

    init(_ configuration: Configuration) throws {
        try GracelineLibrary.checkABI()
        handle = try Core.create(configuration)
        providers = Providers(configuration)
        let wake = Wake(queue: queue)
        wake.core = self
        let data = Unmanaged.passRetained(wake as AnyObject).toOpaque()
        let status = gracelineClientSetWakeHook(
            handle,
            wake: { data in
                Unmanaged<Wake>.fromOpaque(data!).takeUnretainedValue().signal()
            }, userData: data, freeUserData: releaseObject)
        if status != .ok { releaseObject(data) }
        try check(status)
        // The hook is called after a poll that found nothing, so the first poll arms it.
        drain()
    }

    /// Nobody polls from here on: what has come is handed out, and whoever waits is told the end.
    deinit {
        _ = takeAll { handOut($0) }
        gracelineClientRelease(handle)
        finish()
    }

    private static func create(_ configuration: Configuration) throws -> OpaquePointer {
        let memory = CallMemory()
        var options = try configuration.options(in: memory)
        let owner = Hooks(configuration)
        var retained: [UnsafeMutableRawPointer] = []
        func retain() -> UnsafeMutableRawPointer {
            let data = Unmanaged.passRetained(owner as AnyObject).toOpaque()
            retained.append(data)
            return data
        }
        if configuration.backgroundTime != nil {
            install(&options, retain())
        }
        if configuration.log != nil {
            options.log = { data, level, text in
                hooks(data).log?(LogLevel(level), optionalString(text) ?? "")
            }
            options.log_user_data = retain()
            options.log_free = releaseObject
        }
        var handle: OpaquePointer?
        let status = withExtendedLifetime(memory) {
            gracelineClientCreate(&options, client: &handle)
        }
        // A client that was not made frees nothing of ours.
        if status != .ok { retained.forEach { releaseObject($0) } }
        try check(status)
        return handle!
    }

    private static func install(
        _ options: inout GracelineOptions, _ data: UnsafeMutableRawPointer
    ) {
        options.begin_background_time = { data, remaining in
            guard let grant = hooks(data).backgroundTime?.begin() else { return 0 }
            remaining?.pointee = grant.remaining.milliseconds
            return grant.id
        }
        options.end_background_time = { data, id in hooks(data).backgroundTime?.end(id) }
        if hooks(data).backgroundTime?.remaining != nil {
            options.remaining_background_time = { data in
                hooks(data).backgroundTime?.remaining?().milliseconds ?? -1
            }
        }
        options.background_time_user_data = data
        options.background_time_free = releaseObject
    }

    /// Takes all that is there. One thread at a time, so that the order stays.
    func drain() {
        pumping.lock()
        defer { pumping.unlock() }
        let isOver = takeAll { event in
            handOut(event)
            providers.handle(event.kind, core: self)
        }
        if isOver { finish() }
    }

    /// true: the client is closed, and nothing more will come.
    private func takeAll(_ handle: (Event) -> Void) -> Bool {
        var isClosed = false
        while true {
            var batch: OpaquePointer?
            let status = gracelineClientPoll(self.handle, timeoutMs: 0, maxCount: 0, batch: &batch)
            if status == .closed { return true }
            guard let batch else { return isClosed }
            distribute(NativeBatch(batch)) { event in
                handle(event)
                if case .closed = event.kind { isClosed = true }
            }
        }
    }

    private func distribute(_ batch: NativeBatch, _ handle: (Event) -> Void) {
        let message = UInt32(GracelineEventType.message.rawValue)
        var index = 0
        while index < batch.count {
            let first = index
            while index < batch.count, batch.event(at: index).pointee.type == message { index += 1 }
            if index > first {
                let base = UnsafeRawPointer(batch.event(at: first))
                messages.push(MessageBatch(owner: batch, base: base, count: index - first))
            } else {
                handle(Event(batch.event(at: index), owner: batch))
                index += 1
            }
        }
    }

    /// To everybody but the providers, who would hold this object on.
    private func handOut(_ event: Event) {
        events.send(event)
        if case .connectionStatus(let change) = event.kind { states.send(change) }
        answers.handle(event.kind) { connectionResult() }
    }

    private func finish() {
        let isFirst = isClosed.withLock { closed in
            defer { closed = true }
            return !closed
        }
        guard isFirst else { return }
        messages.finish()
        answers.handle(.closed) { nil }
        events.finish()
        states.finish()
        providers.end()
    }

    /// What a waiting `connect()` is told now; nil: nothing yet.
    func connectionResult() -> Result<Void, any Error>? {
        switch gracelineClientConnectionStatus(handle) {
        case .connected: return .success(())
        case .disconnected:
            let info = ConnectionInfo(handle)
            return .failure(
                GracelineError(
                    .notConnected, reason: info.reason, httpStatus: info.httpStatus,
                    detail: info.text))
        default: return nil
        }
    }
}
