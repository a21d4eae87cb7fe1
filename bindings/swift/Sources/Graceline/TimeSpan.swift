// A length of time in whole milliseconds, as the C API counts it, on every system from iOS 15 up.
// Must not hide that a span may be without a limit.

/// A length of time. Written like a `Duration`: `.seconds(30)`, `.milliseconds(500)`, `.unlimited`.
/// `Duration` itself needs iOS 16; where it is there, both convert into each other.
public struct TimeSpan: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Milliseconds; -1 is `unlimited`.
    public let milliseconds: Int64

    private init(count: Int64) { milliseconds = count }

    /// No limit; in answers also "not yet started".
    public static let unlimited = TimeSpan(count: -1)
    public static let zero = TimeSpan(count: 0)

    /// -1 is `unlimited`; the library refuses any other negative span, by name.
    public static func milliseconds(_ count: Int64) -> TimeSpan { TimeSpan(count: count) }

    public static func seconds(_ count: Double) -> TimeSpan {
        let milliseconds = count * 1000
        guard milliseconds < Double(Int64.max) else { return TimeSpan(count: .max) }
        // Whoever says a fraction below zero means no unlimited time.
        return TimeSpan(count: milliseconds >= 0 ? Int64(milliseconds.rounded()) : -2)
    }

    public var isUnlimited: Bool { milliseconds == -1 }

    /// For people: "30 s", "250 ms", "unlimited".
    public var description: String {
        if isUnlimited { return "unlimited" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }

    /// In seconds; infinite when unlimited.
    public var seconds: Double { isUnlimited ? .infinity : Double(milliseconds) / 1000 }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        if right.isUnlimited { return !left.isUnlimited }
        return !left.isUnlimited && left.milliseconds < right.milliseconds
    }

    /// As the C API writes it.
    init(native milliseconds: Int64) { self.init(count: milliseconds) }
}

@available(iOS 16, macOS 13, tvOS 16, watchOS 9, *)
extension TimeSpan {
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, tooLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, over) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        // As with `seconds(_:)`: a time that has passed is not an unlimited one.
        self = .milliseconds(duration < .zero ? -2 : tooLong || over ? .max : sum)
    }

    /// nil when unlimited.
    public var duration: Duration? { isUnlimited ? nil : .milliseconds(milliseconds) }
}
