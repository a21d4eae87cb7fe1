// The platform-neutral decisions about background and return, as tables.
// Must not need a library, a clock or UIKit.
import Foundation
import Testing

@testable import Graceline

@Suite struct LifecycleLedgerTests {
    private final class Scene {}
    private let first = Scene()
    private let second = Scene()

    private func id(_ scene: Scene) -> ObjectIdentifier { ObjectIdentifier(scene) }

    @Test func reportsEachStepOfLeavingAndReturningOnce() {
        var ledger = LifecycleLedger()
        #expect(ledger.handle(.application(.willResignActive)) == [.willResignActive])
        #expect(ledger.handle(.application(.willResignActive)) == [])
        #expect(ledger.handle(.application(.didBackground)) == [.didBackground])
        #expect(ledger.handle(.application(.didBackground)) == [])
        #expect(ledger.handle(.application(.willEnterForeground)) == [.willEnterForeground])
        #expect(ledger.handle(.application(.didBecomeActive)) == [.didBecomeActive])
        #expect(ledger.handle(.application(.didBecomeActive)) == [])
    }

    @Test func aStepThatNobodyToldIsFilledIn() {
        var ledger = LifecycleLedger()
        #expect(ledger.handle(.application(.didBackground)) == [.willResignActive, .didBackground])
        #expect(
            ledger.handle(.application(.didBecomeActive))
                == [.willEnterForeground, .didBecomeActive])
    }

    @Test func resigningInBackgroundImpliesAReturnThatNobodyTold() {
        var ledger = LifecycleLedger(level: .background)
        #expect(ledger.handle(.application(.willResignActive)) == [.willResignActive])
        #expect(ledger.level == .inactive)
    }

    @Test func isInBackgroundOnlyWhenNoSceneIsInFront() {
        var ledger = LifecycleLedger()
        #expect(ledger.handle(.scene(id(first), .active)) == [])
        #expect(ledger.handle(.scene(id(second), .active)) == [])
        #expect(ledger.handle(.scene(id(first), .background)) == [])
        #expect(ledger.handle(.application(.didBackground)) == [])
        #expect(ledger.handle(.scene(id(second), .inactive)) == [.willResignActive])
        #expect(ledger.handle(.scene(id(second), .background)) == [.didBackground])
        #expect(ledger.handle(.scene(id(first), .inactive)) == [.willEnterForeground])
        #expect(ledger.handle(.scene(id(first), .active)) == [.didBecomeActive])
    }

    @Test func aSceneThatGoesTakesItsVoiceAlong() {
        var ledger = LifecycleLedger()
        _ = ledger.handle(.scene(id(first), .active))
        _ = ledger.handle(.scene(id(second), .background))
        #expect(
            ledger.handle(.sceneDisconnected(id(first))) == [.willResignActive, .didBackground])
        #expect(ledger.handle(.sceneDisconnected(id(second))) == [])
        #expect(ledger.level == .background)
    }

    @Test func terminationIsAlwaysTold() {
        var ledger = LifecycleLedger(level: .background)
        #expect(ledger.handle(.application(.willTerminate)) == [.willTerminate])
    }
}

/// A system that does what the test says, and counts.
private final class TestSystem: SystemBackgroundTime, @unchecked Sendable {
    let lock = NSLock()
    var refuses = false
    var expiresAtOnce = false
    var next = 0
    var ended: [Int] = []
    var expiry: (@Sendable () -> Void)?

    func begin(onExpiry: @escaping @Sendable () -> Void) -> Int? {
        if refuses { return nil }
        if expiresAtOnce { onExpiry() }
        return lock.withLock {
            expiry = onExpiry
            next += 1
            return next
        }
    }

    func end(_ id: Int) { lock.withLock { ended.append(id) } }
    func remaining() -> TimeSpan { .seconds(25) }
}

@Suite struct BackgroundTimeKeeperTests {
    private func keeper(_ system: TestSystem, _ onExpiry: @escaping @Sendable () -> Void = {})
        -> BackgroundTimeKeeper
    {
        BackgroundTimeKeeper(system, onExpiry: onExpiry)
    }

    @Test func givesBackWhatItGot() throws {
        let system = TestSystem()
        let keeper = keeper(system)
        let grant = try #require(keeper.hooks.begin())
        #expect(grant.id != 0 && grant.remaining == .seconds(25))
        keeper.hooks.end(grant.id)
        keeper.hooks.end(grant.id)
        #expect(system.ended == [1])
    }

    @Test func aRefusalHasNothingToGiveBack() {
        let system = TestSystem()
        system.refuses = true
        #expect(keeper(system).hooks.begin() == nil)
        #expect(system.ended.isEmpty)
    }

    @Test func expiryTellsTheClientAndEndsOnce() throws {
        let system = TestSystem()
        let told = Locked(0)
        let keeper = keeper(system) { told.withLock { $0 += 1 } }
        let grant = try #require(keeper.hooks.begin())
        system.expiry?()
        system.expiry?()
        keeper.hooks.end(grant.id)
        #expect(system.ended == [1] && told.withLock { $0 } == 1)
    }

    @Test func expiryBeforeTheGrantIsARefusal() {
        let system = TestSystem()
        system.expiresAtOnce = true
        let told = Locked(0)
        #expect(keeper(system) { told.withLock { $0 += 1 } }.hooks.begin() == nil)
        #expect(system.ended == [1] && told.withLock { $0 } == 0)
    }

    @Test func beginAndEndBalanceFromManyThreads() async {
        let system = TestSystem()
        let keeper = keeper(system)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<200 {
                        guard let grant = keeper.hooks.begin() else { continue }
                        keeper.hooks.end(grant.id)
                    }
                }
            }
        }
        #expect(system.ended.count == 1600 && Set(system.ended).count == 1600)
    }
}

extension Configuration.BackgroundTime.Grant: Equatable {
    public static func == (left: Self, right: Self) -> Bool { left.id == right.id }
}

@Suite struct ValueTests {
    @Test func spansCompareAndConvert() {
        #expect(TimeSpan.seconds(1.5).milliseconds == 1500)
        #expect(TimeSpan.seconds(1) < .unlimited && !(TimeSpan.unlimited < .seconds(1)))
        #expect(TimeSpan.unlimited.seconds == .infinity && TimeSpan.seconds(-1) != .unlimited)
        #expect(TimeSpan(Duration.milliseconds(250)) == .milliseconds(250))
        #expect(TimeSpan.unlimited.duration == nil)
        #expect(TimeSpan.milliseconds(250).duration == .milliseconds(250))
        #expect("\(TimeSpan.seconds(30)) \(TimeSpan.milliseconds(250))" == "30 s 250 ms")
        #expect("\(TimeSpan.unlimited)" == "unlimited")
        // A deadline that has passed is not an unlimited one, and no length of time is a crash.
        #expect(TimeSpan(Duration.milliseconds(-1)) != .unlimited)
        #expect(TimeSpan(Duration.seconds(Int64.min)) != .unlimited)
        #expect(TimeSpan(Duration.seconds(Int64.max)).milliseconds == .max)
        let last = Duration.seconds(Int64.max / 1000) + .milliseconds(999)
        #expect(TimeSpan(last).milliseconds == .max)
        #expect(TimeSpan.seconds(.nan).milliseconds == .max)
    }

    @Test func numbersWithoutANameAreKept() {
        #expect(Phase(rawValue: 99) == .unknown(99) && Phase.unknown(99).rawValue == 99)
        #expect(ApplicationState(rawValue: -7).name == "unknown")
        #expect(ConnectionStatus(name: "feature_throttled") == .featureThrottled)
        #expect(ConnectionStatus(name: "hungry") == nil)
        for reason in Reason.known { #expect(Reason(rawValue: reason.rawValue) == reason) }
    }

    @Test func oneOfManyIsFirst() async {
        let count = Locked(0)
        let once = Once()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { once.run { count.withLock { $0 += 1 } } } }
        }
        #expect(count.withLock { $0 } == 1)
    }
}
