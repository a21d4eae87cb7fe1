// SwiftUI's scene phase as app states, for apps whose life UIKit does not tell (macOS).
// Must not report twice what UIKit's notifications have told: where these are, it changes nothing.
#if canImport(SwiftUI)
import SwiftUI

extension LifecycleLedger.Fact {
    init?(_ phase: ScenePhase) {
        switch phase {
        case .active: self = .application(.didBecomeActive)
        case .inactive: self = .application(.willResignActive)
        case .background: self = .application(.didBackground)
        @unknown default: return nil
        }
    }
}

#if canImport(UIKit) && !os(watchOS)
extension BackgroundServices {
    /// For `.onChange(of: scenePhase)`; harmless beside the notifications that are observed anyway.
    public func scenePhaseChanged(_ phase: ScenePhase) {
        if let fact = LifecycleLedger.Fact(phase) { coordinator.tell(fact) }
    }
}
#endif

extension Client {
    /// For `.onChange(of: scenePhase)` where there is no UIKit.
    public func scenePhaseChanged(_ phase: ScenePhase) throws {
        if case .application(let state)? = LifecycleLedger.Fact(phase) {
            try configureServices(state)
        }
    }
}
#endif
