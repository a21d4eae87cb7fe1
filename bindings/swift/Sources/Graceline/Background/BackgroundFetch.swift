// A background fetch: the system wakes the app, the client connects, catches up, and the task ends.
// Must not end a system task twice or never, nor hold a connection once the system wants its time.
import Foundation

/// What is done in one wake-up, without the system's part: tested on every system.
struct FetchRun: Sendable {
    let client: Client
    let work: @Sendable (Client) async throws -> Void

    /// true: connected and done. A cancelled run gives the time back first.
    func perform() async -> Bool {
        do {
            try await client.connect()
            try await work(client)
            return true
        } catch {
            return false
        }
    }
}

/// Calls its body once, whoever is first.
final class Once: Sendable {
    private let isDone = Locked(false)

    func run(_ body: () -> Void) {
        let isFirst = isDone.withLock { done in
            defer { done = true }
            return !done
        }
        if isFirst { body() }
    }
}

#if canImport(UIKit) && canImport(BackgroundTasks) && !os(watchOS)
import BackgroundTasks

/// Background fetch by `BGTaskScheduler`. The identifier stands in Info.plist under
/// `BGTaskSchedulerPermittedIdentifiers`; `register` is called before the app has finished
/// launching.
public enum BackgroundFetch {
    /// `work` runs connected, while the system allows; by default nothing more than the catch-up.
    @discardableResult
    public static func register(
        identifier: String, every interval: TimeSpan,
        client: @escaping @Sendable () -> Client?,
        work: @escaping @Sendable (Client) async throws -> Void = { _ in }
    ) -> Bool {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            try? schedule(identifier: identifier, after: interval)
            let once = Once()
            let ending = TaskEnding(task)
            guard let client = client() else {
                return once.run { ending.complete(false) }
            }
            let run = Task {
                let isDone = await FetchRun(client: client, work: work).perform()
                once.run { ending.complete(isDone) }
            }
            task.expirationHandler = {
                run.cancel()
                try? client.backgroundTimeExpiring()
                once.run { ending.complete(false) }
            }
        }
    }

    /// Asks for the next wake-up; call it when the app goes to background.
    public static func schedule(identifier: String, after interval: TimeSpan) throws {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: interval.seconds)
        try BGTaskScheduler.shared.submit(request)
    }
}

/// The system's task may be completed from any thread.
private final class TaskEnding: @unchecked Sendable {
    private let task: BGTask
    init(_ task: BGTask) { self.task = task }
    func complete(_ success: Bool) { task.setTaskCompleted(success: success) }
}
#endif
