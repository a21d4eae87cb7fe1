// What the enums of Enums.swift have in common: a number, a name, and room for newer numbers.
// Must not fail on a number that this version does not know.

/// An enum of the library: it only ever grows, so a number without a name is `.unknown`.
public protocol OpenEnum: RawRepresentable, Hashable, Sendable, CustomStringConvertible
where RawValue == Int32 {
    init(rawValue: Int32)
    static var known: [Self] { get }
    var name: String { get }
}

extension OpenEnum {
    public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    public var description: String { name }

    /// The case of that name, as the C API and the log write it.
    public init?(name: String) {
        guard let found = Self.known.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

extension OpenEnum {
    /// From and to the C enum, whose numbers are signed on one system and unsigned on another.
    init<Native: RawRepresentable>(_ native: Native) where Native.RawValue: FixedWidthInteger {
        self.init(rawValue: Int32(truncatingIfNeeded: native.rawValue))
    }

    func native<Native: RawRepresentable>() -> Native where Native.RawValue: FixedWidthInteger {
        // Every number is a value of an open C enum.
        Native(rawValue: Native.RawValue(truncatingIfNeeded: rawValue))!
    }
}
