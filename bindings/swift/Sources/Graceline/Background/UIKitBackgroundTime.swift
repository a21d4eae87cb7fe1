// UIApplication's background time behind the keeper's protocol.
// Must not decide anything, nor wait for the main thread without a bound: it may wait for us.
#if canImport(UIKit) && !os(watchOS)
import Foundation
import UIKit

struct UIKitBackgroundTime: SystemBackgroundTime {
    func begin(onExpiry: @escaping @Sendable () -> Void) -> Int? {
        let began: UIBackgroundTaskIdentifier? = onMain {
            UIApplication.shared.beginBackgroundTask(
                withName: "Graceline", expirationHandler: onExpiry)
        } tooLate: { id in
            // Nobody will give it back any more.
            UIApplication.shared.endBackgroundTask(id)
        }
        guard let began, began != .invalid else { return nil }
        return began.rawValue
    }

    func end(_ id: Int) {
        let id = UIBackgroundTaskIdentifier(rawValue: id)
        if Thread.isMainThread {
            MainActor.assumeIsolated { UIApplication.shared.endBackgroundTask(id) }
        } else {
            DispatchQueue.main.async { UIApplication.shared.endBackgroundTask(id) }
        }
    }

    func remaining() -> TimeSpan {
        let seconds = onMain { UIApplication.shared.backgroundTimeRemaining } ?? .infinity
        // In the foreground UIKit answers the largest number there is.
        return seconds < 1e9 ? .seconds(max(0, seconds)) : .unlimited
    }

    /// nil: the main thread had no time for it. UIApplication is asked on the main thread only.
    private func onMain<Value: Sendable>(
        _ body: @escaping @MainActor @Sendable () -> Value,
        tooLate: (@MainActor @Sendable (Value) -> Void)? = nil
    ) -> Value? {
        if Thread.isMainThread { return MainActor.assumeIsolated { body() } }
        let answer = Locked<(value: Value?, isWanted: Bool)>((nil, true))
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.main.async {
            let value = body()
            let isWanted = answer.withLock { state in
                state.value = value
                return state.isWanted
            }
            if !isWanted { tooLate?(value) }
            done.signal()
        }
        _ = done.wait(timeout: .now() + .milliseconds(Limits.mainThreadMilliseconds))
        return answer.withLock { state in
            state.isWanted = false
            return state.value
        }
    }
}
#endif
