// Each option and each argument: a good value arrives in C, a bad one is refused by name and rule.
// Must accept no name of C in what a Swift user reads, and no option without a row.
import CGraceline
import Testing

@testable import Graceline

@Suite struct OptionTests {
    private static var rows: [OptionRow] {
        OptionRow.connection + OptionRow.upgrade + OptionRow.timesAndLimits + OptionRow.security
            + OptionRow.messages + OptionRow.history
    }
    private static let start = "ws://127.0.0.1:1/ws"

    private func refusal(_ call: () throws -> Void) -> GracelineError? {
        do { try call() } catch { return error as? GracelineError }
        return nil
    }

    private func expect(_ error: GracelineError?, names name: String, rule: String) {
        let detail = error?.detail ?? "accepted"
        #expect(error?.status == .invalidArgument, "\(name): \(detail)")
        #expect(detail.hasPrefix("\(name): ") && detail.contains(rule), "\(name): \(detail)")
        let ofC = detail.contains("_") || detail.contains("NULL") || detail.contains("GRACELINE")
        #expect(!ofC, "a name of C: \(detail)")
    }

    @Test func aGoodValueOfEachOptionArrives() throws {
        for row in Self.rows {
            var configuration = Configuration(url: Self.start)
            row.good(&configuration)
            let memory = CallMemory()
            let options = try configuration.options(in: memory)
            withExtendedLifetime(memory) {
                #expect(row.arrives(options), "\(row.name) did not arrive")
            }
            #expect(throws: Never.self, "\(row.name)") { try Client(configuration: configuration) }
        }
    }

    @Test func aBadValueOfEachOptionIsRefusedByNameAndRule() {
        for row in Self.rows {
            guard let bad = row.bad else { continue }
            var configuration = Configuration(url: Self.start)
            bad(&configuration)
            let error = refusal { _ = try Client(configuration: configuration) }
            expect(error, names: row.name, rule: row.rule)
        }
    }

    @Test func everyOptionHasARow() {
        let covered = Set(Self.rows.map { String($0.name.prefix { $0 != "[" }) })
        let withRule = Set(Self.rows.filter { $0.bad != nil }.map { $0.name.prefix { $0 != "[" } })
        // Every value of these is a good one.
        let free: Set<Substring> = [
            "tokenProvider", "log", "backgroundTime", "history.fetch",
        ]
        let both: [(String, Any)] = [
            ("", Configuration(url: "")), ("history.", Configuration.History()),
        ]
        var seen = 0
        for (prefix, value) in both {
            for child in Mirror(reflecting: value).children {
                let name = prefix + (child.label ?? "?")
                if name == "history" { continue }
                seen += 1
                #expect(covered.contains(name), "\(name) has no row")
                let type = "\(Swift.type(of: child.value))"
                if type == "Bool" || type == "Optional<Bool>" || free.contains(Substring(name)) {
                    continue
                }
                #expect(withRule.contains(Substring(name)), "\(name) has no bad value")
            }
        }
        #expect(seen > 80)
    }

    @Test func aBadArgumentIsRefusedByNameAndRule() throws {
        var configuration = Configuration(url: Self.start)
        var history = Configuration.History()
        history.messagesURL = "http://127.0.0.1/m{?conversation,before,after,limit}"
        history.conversationsURL = "http://127.0.0.1/c"
        configuration.history = history
        configuration.autoEstablishSocketConnection = false
        let client = try Client(configuration: configuration)
        try client.beginConnecting()
        let long = String(repeating: "x", count: 2 << 20)
        var expired = SendOptions()
        expired.expiresIn = .zero
        let calls: [(String, String, () throws -> Void)] = [
            (
                "state", "must be an ApplicationState",
                { try client.configureServices(.unknown(77)) }
            ),
            ("network", "must be a Network", { try client.networkChanged(.unknown(77)) }),
            ("mark", "refreshBegin()", { try client.markRefreshed(.init(number: 77)) }),
            ("limit", "from 1 to 100", { _ = try client.messagesRequest(limit: 1000) }),
            ("limit", "from 1 to 50", { _ = try client.conversationsRequest(limit: 0) }),
            ("conversation", "NUL", { _ = try client.messagesRequest(conversation: "a\0b") }),
            ("startMessageID", "NUL", { _ = try client.messagesRequest(startMessageID: "\0") }),
            ("startTime", "NUL", { _ = try client.messagesRequest(startTime: "\0") }),
            (
                "startTime", "either an id or a time",
                { _ = try client.messagesRequest(startMessageID: "a", startTime: "b") }
            ),
            ("message", "must not be above maxMessageBytes (1048576)", { try client.send(long) }),
            ("expiresIn", "from 1 to 604800000 ms", { try client.send("x", options: expired) }),
            (
                "deduplicationID", "must be 1 to 128 bytes",
                { try client.send("x", options: SendOptions(deduplicationID: "\"")) }
            ),
            (
                "deduplicationID", "NUL",
                { try client.send("x", options: SendOptions(deduplicationID: "a\0")) }
            ),
            ("token", "NUL", { try client.provideToken("a\0", for: 1) }),
        ]
        for (name, rule, call) in calls { expect(refusal(call), names: name, rule: rule) }
        #expect(try client.lastMessageID(conversation: "a\0") == nil)
    }

    @Test func namesOfCInATextBecomeNamesOfThisModule() {
        let texts = [
            "grace_ms: must be from 0 to 86400000, or GRACELINE_UNLIMITED":
                "grace: must be from 0 to 86400000 ms, or .unlimited",
            "history.json_id_pointer: must begin with '/'":
                "history.jsonIDPointer: must begin with '/'",
            "headers_count: must be from 0 to 64": "headers: must be from 0 to 64",
            "client: it was created without options.history":
                "client: it was created without history",
            "x: this build has none (GRACELINE_WITH_CPPREST=OFF)":
                "x: this build has none (GRACELINE_WITH_CPPREST=OFF)",
            "client: the window is over; connect() opens one":
                "client: the window is over; connect() opens one",
            "request: wait for its REQUEST_COMPLETED event, or cancel it.":
                "request: wait for its .requestCompleted event, or cancel it.",
            "no field here": "no field here", "": "",
        ]
        for (text, wanted) in texts { #expect(OptionNames.inSwift(text) == wanted) }
    }
}
