// Holds a client through background and return on iOS: all an app needs beside it.
// Must not decide anything: facts go to the coordinator, which runs and is tested on every system.
#if canImport(UIKit) && !os(watchOS)
import Foundation
import UIKit

/// Makes a client that knows background and return by itself: it observes the app and all of its
/// scenes, holds the OS background task, and gives it back on every path. Make one for a process.
public final class BackgroundServices: Sendable {
    public let client: Client
    let coordinator: BackgroundCoordinator
    private let observers: Observers

    @MainActor
    public convenience init(configuration: Configuration) throws {
        let isInBackground = UIApplication.shared.applicationState == .background
        try self.init(configuration, isInBackground: isInBackground)
        for scene in UIApplication.shared.connectedScenes {
            coordinator.tell(.scene(ObjectIdentifier(scene), Self.level(of: scene)))
        }
    }

    /// Off the main thread the app's state cannot be asked; the caller says it.
    init(_ configuration: Configuration, isInBackground: Bool) throws {
        let coordinator = try BackgroundCoordinator(
            configuration, system: UIKitBackgroundTime(), isInBackground: isInBackground)
        self.coordinator = coordinator
        client = coordinator.client
        observers = Observers(coordinator)
    }

    /// For hosts that report by themselves too; what is known already changes nothing.
    public func configureServices(_ state: ApplicationState) {
        coordinator.tell(.application(state))
    }

    @MainActor
    private static func level(of scene: UIScene) -> LifecycleLedger.Level {
        switch scene.activationState {
        case .foregroundActive: return .active
        case .foregroundInactive: return .inactive
        default: return .background
        }
    }
}

/// The notifications of UIKit, for as long as this lives.
private final class Observers: @unchecked Sendable {
    private let tokens: [any NSObjectProtocol]

    init(_ coordinator: BackgroundCoordinator) {
        let center = NotificationCenter.default
        let states: [(Notification.Name, ApplicationState)] = [
            (UIApplication.willResignActiveNotification, .willResignActive),
            (UIApplication.didEnterBackgroundNotification, .didBackground),
            (UIApplication.willEnterForegroundNotification, .willEnterForeground),
            (UIApplication.didBecomeActiveNotification, .didBecomeActive),
            (UIApplication.willTerminateNotification, .willTerminate),
        ]
        let levels: [(Notification.Name, LifecycleLedger.Level)] = [
            (UIScene.didActivateNotification, .active),
            (UIScene.willDeactivateNotification, .inactive),
            (UIScene.didEnterBackgroundNotification, .background),
            (UIScene.willEnterForegroundNotification, .inactive),
        ]
        // Without a queue they run at once, in UIKit's order, before the app is suspended.
        var made = states.map { name, state in
            center.addObserver(forName: name, object: nil, queue: nil) { _ in
                coordinator.tell(.application(state))
            }
        }
        made += levels.map { name, level in
            center.addObserver(forName: name, object: nil, queue: nil) { note in
                guard let scene = note.object else { return }
                coordinator.tell(.scene(ObjectIdentifier(scene as AnyObject), level))
            }
        }
        made.append(
            center.addObserver(
                forName: UIScene.didDisconnectNotification, object: nil, queue: nil
            ) { note in
                guard let scene = note.object else { return }
                coordinator.tell(.sceneDisconnected(ObjectIdentifier(scene as AnyObject)))
            })
        tokens = made
    }

    deinit { tokens.forEach { NotificationCenter.default.removeObserver($0) } }
}
#endif
