// A value and the lock that guards it; the only way in is under the lock.
// Must not be held across an await or a call of the host.
import Foundation

/// `Mutex` of the standard library needs iOS 18.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
