// One client, its ledger and its background time: what happens is decided here, on every system.
// Must not know UIKit: the adapter hands in facts, and is asked for time.
import Foundation

final class BackgroundCoordinator: @unchecked Sendable {
    let client: Client
    private let ledger: Locked<LifecycleLedger>
    /// Facts are told in the order in which they came in; a hook may tell one more meanwhile.
    private let order = NSRecursiveLock()

    init(_ given: Configuration, system: (any SystemBackgroundTime)?, isInBackground: Bool) throws {
        var configuration = given
        let box = ClientBox()
        if let system, configuration.backgroundTime == nil {
            let keeper = BackgroundTimeKeeper(system) { try? box.client?.backgroundTimeExpiring() }
            configuration.backgroundTime = keeper.hooks
        }
        if isInBackground, configuration.initialApplicationState == nil {
            configuration.initialApplicationState = .didBackground
        }
        let starts = configuration.initialApplicationState == .didBackground
        ledger = Locked(LifecycleLedger(level: starts ? .background : .active))
        client = try Client(configuration: configuration)
        box.set(client)
    }

    func tell(_ fact: LifecycleLedger.Fact) {
        order.lock()
        defer { order.unlock() }
        for state in ledger.withLock({ $0.handle(fact) }) {
            // A closed client has nothing left to be told.
            try? client.configureServices(state)
        }
    }
}

/// The client exists only after the hooks that know it.
private final class ClientBox: @unchecked Sendable {
    private let state = Locked<Weak>(Weak())
    private struct Weak { weak var client: Client? }

    var client: Client? { state.withLock { $0.client } }
    func set(_ client: Client) { state.withLock { $0.client = client } }
}
