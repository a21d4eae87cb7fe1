// Every tests/scenarios/*.json through this binding, and the proof that its expectations can fail.
// Must run against the scripted build of the library; without it the tests say that they are
// skipped.
import Foundation
import XCTest

final class ScenarioTests: XCTestCase {
    private static let folder = ProcessInfo.processInfo.environment["GRACELINE_SCENARIOS"]

    private func scenarios() throws -> [(name: String, json: JSON)] {
        try XCTSkipUnless(World.isThere, "the library is not the scripted build")
        let path = try XCTUnwrap(Self.folder, "GRACELINE_SCENARIOS is not set")
        let folder = URL(fileURLWithPath: path)
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "json" }
            .sorted { $0.path < $1.path }
            .map { ($0.lastPathComponent, try JSON.parse(Data(contentsOf: $0))) }
    }

    func testEveryScenario() async throws {
        let all = try scenarios()
        XCTAssertGreaterThan(all.count, 50)
        for (name, json) in all {
            if let failure = await Story.run(json) { XCTFail("\(name): \(failure)") }
        }
        print("\(all.count) scenarios")
    }

    func testEveryExpectationCanFail() async throws {
        var mistakes = 0
        for (name, json) in try scenarios() {
            for (number, wrong) in Self.withMistakes(json) {
                mistakes += 1
                let failure = await Story.run(wrong)
                let isFound = failure?.hasPrefix("step \(number) ") ?? false
                XCTAssertTrue(
                    isFound && failure!.contains("expected "),
                    "\(name), step \(number): \(failure ?? "passed")")
            }
        }
        XCTAssertGreaterThan(mistakes, 100)
        print("\(mistakes) wrong expectations, each found")
    }

    func testSlipsOfThePenFail() async throws {
        _ = try scenarios()
        let create = #"{"create":{"url":"ws://127.0.0.1:1/ws"}}"#
        let slips = [
            #"{"dance":{}}"#, #"{"state":"asleep"}"#, #"{"start":{"now":true}}"#,
            #"{"start":{},"connect":{}}"#, #"{"expect":{"mood":"good"}}"#,
            #"{"world":{"dance":1}}"#, #"{"world":{"cut":true}}"#,
            #"{"expect":{"needs_refresh":true},"error":"closed"}"#,
            #"{"create":{"url":"ws://127.0.0.1:1/ws"}}"#, #"{"network":"wet"}"#,
        ]
        for slip in slips {
            let text = #"{"name":"a: b -> c","steps":["# + create + "," + slip + "]}"
            let failure = await Story.run(try JSON.parse(Data(text.utf8)))
            XCTAssertTrue(failure?.hasPrefix("step 2 ") ?? false, "\(slip): \(failure ?? "passed")")
        }
    }

    /// One wrong value in the last expectation of each kind: the C++ runner tries all of them.
    private static func withMistakes(_ scenario: JSON) -> [(Int, JSON)] {
        guard case .object(var members) = scenario, case .list(let steps)? = members["steps"] else {
            return []
        }
        var made: [String: (Int, JSON)] = [:]
        for (index, step) in steps.enumerated() {
            for verb in ["expect", "expect_messages", "expect_events"] {
                guard let value = step[verb], let changed = wrong(value) else { continue }
                var copy = steps
                copy[index] = .object([verb: changed])
                members["steps"] = .list(copy)
                made[verb] = (index + 1, .object(members))
            }
        }
        return made.values.map { $0 }
    }

    private static func wrong(_ value: JSON) -> JSON? {
        switch value {
        case .null, .text: return .text("something else")
        case .bool(let flag): return .bool(!flag)
        case .number(let number): return .number(number + 1)
        case .list(let items): return .list(items + [.object([:])])
        case .object(let members):
            guard let name = members.keys.sorted().last, let changed = wrong(members[name]!) else {
                return nil
            }
            var copy = members
            copy[name] = changed
            return .object(copy)
        }
    }
}
