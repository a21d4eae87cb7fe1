// The typed error of every call: a status, the library's text, and the reason where there is one.
// Must not carry a token or a payload.
import CGraceline

/// What a call of the library answers when it could not do what was asked.
public struct GracelineError: Error, Sendable, CustomStringConvertible {
    /// The status of the C API, for `switch`.
    public let status: Status
    /// Why a connection or a fetch failed; `.none` for all else.
    public let reason: Reason
    /// HTTP status of a failed fetch or upgrade; 0: none.
    public let httpStatus: Int
    /// For people: the field and the rule, or what went wrong.
    public let detail: String

    init(_ status: Status, reason: Reason = .none, httpStatus: Int = 0, detail: String) {
        self.status = status
        self.reason = reason
        self.httpStatus = httpStatus
        self.detail = detail
    }

    public var description: String {
        detail.isEmpty ? status.name : "\(status.name): \(detail)"
    }
}

/// Throws what a call answered, unless it was OK.
func check(_ native: GracelineStatus) throws {
    guard native != .ok else { return }
    let text = String(cString: gracelineLastErrorText())
    throw GracelineError(Status(native), detail: OptionNames.inSwift(text))
}
