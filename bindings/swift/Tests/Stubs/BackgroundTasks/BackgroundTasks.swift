// A stand-in for BackgroundTasks on Linux: registers, launches and expires as the test says.
// Must not complete a task by itself.
@_exported import Foundation

open class BGTask: NSObject {
    public let identifier: String
    public var expirationHandler: (() -> Void)?
    /// Every completion, so that a test sees a second one.
    public var stubCompletions: [Bool] {
        lock.withLock { completions }
    }
    private let lock = NSLock()
    private var completions: [Bool] = []

    public init(stub identifier: String) { self.identifier = identifier }

    public func setTaskCompleted(success: Bool) { lock.withLock { completions.append(success) } }
}

open class BGTaskRequest: NSObject {
    public let identifier: String
    public var earliestBeginDate: Date?
    init(_ identifier: String) { self.identifier = identifier }
}

public final class BGAppRefreshTaskRequest: BGTaskRequest {
    public init(identifier: String) { super.init(identifier) }
}

public final class BGTaskScheduler: @unchecked Sendable {
    public static let shared = BGTaskScheduler()
    private let lock = NSLock()
    private var handlers: [String: (BGTask) -> Void] = [:]
    private var requests: [String] = []

    public var stubSubmitted: [String] { lock.withLock { requests } }

    public func register(
        forTaskWithIdentifier identifier: String, using queue: DispatchQueue?,
        launchHandler: @escaping (BGTask) -> Void
    ) -> Bool {
        lock.withLock {
            if handlers[identifier] != nil { return false }
            handlers[identifier] = launchHandler
            return true
        }
    }

    public func submit(_ request: BGTaskRequest) throws {
        lock.withLock { requests.append(request.identifier) }
    }

    public func stubLaunch(_ identifier: String) -> BGTask? {
        guard let handler = lock.withLock({ handlers[identifier] }) else { return nil }
        let task = BGTask(stub: identifier)
        handler(task)
        return task
    }
}
