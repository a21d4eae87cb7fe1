// A stand-in for UIKit on Linux: the names, isolation and order of what the adapter uses.
// Must not be kinder than UIKit: it refuses and expires when the test says so.
@_exported import Foundation

public struct UIBackgroundTaskIdentifier: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let invalid = UIBackgroundTaskIdentifier(rawValue: 0)
}

@MainActor open class UIResponder: NSObject {
    nonisolated public required override init() { super.init() }
}

public enum UIBackgroundFetchResult: Sendable { case newData, noData, failed }

@MainActor public protocol UIApplicationDelegate: AnyObject {
    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool
    func application(
        _ application: UIApplication,
        didReceiveRemoteNotification userInfo: [AnyHashable: Any],
        fetchCompletionHandler completionHandler: @escaping (UIBackgroundFetchResult) -> Void)
    func applicationWillResignActive(_ application: UIApplication)
    func applicationDidEnterBackground(_ application: UIApplication)
    func applicationWillEnterForeground(_ application: UIApplication)
    func applicationDidBecomeActive(_ application: UIApplication)
    func applicationWillTerminate(_ application: UIApplication)
}

/// Optional in UIKit.
extension UIApplicationDelegate {
    public func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool { true }
    public func application(
        _ application: UIApplication,
        didReceiveRemoteNotification userInfo: [AnyHashable: Any],
        fetchCompletionHandler completionHandler: @escaping (UIBackgroundFetchResult) -> Void
    ) { completionHandler(.noData) }
    public func applicationWillResignActive(_ application: UIApplication) {}
    public func applicationDidEnterBackground(_ application: UIApplication) {}
    public func applicationWillEnterForeground(_ application: UIApplication) {}
    public func applicationDidBecomeActive(_ application: UIApplication) {}
    public func applicationWillTerminate(_ application: UIApplication) {}
}

@MainActor open class UIApplication: UIResponder {
    public enum State: Int, Sendable { case active, inactive, background }
    public struct LaunchOptionsKey: Hashable, Sendable {}

    nonisolated public static let willResignActiveNotification =
        Notification.Name("willResignActive")
    nonisolated public static let didEnterBackgroundNotification =
        Notification.Name("didBackground")
    nonisolated public static let willEnterForegroundNotification =
        Notification.Name("willForeground")
    nonisolated public static let didBecomeActiveNotification = Notification.Name("didBecomeActive")
    nonisolated public static let willTerminateNotification = Notification.Name("willTerminate")

    public static let shared = UIApplication()
    public weak var delegate: (any UIApplicationDelegate)?
    public var applicationState = State.active
    public var connectedScenes: Set<UIScene> = []
    public var backgroundTimeRemaining: TimeInterval {
        applicationState == .background ? stub.remaining : .greatestFiniteMagnitude
    }

    /// What a test sets and reads.
    public struct Stub {
        public init() {}
        public var refuses = false
        public var expiresAtOnce = false
        public var remaining: TimeInterval = 30
        public var begun = 0
        public var ended = 0
        /// Ended twice, or never begun: UIKit would log it, a test must fail.
        public var wrongEnds = 0
        public var open: [UIBackgroundTaskIdentifier: (@MainActor @Sendable () -> Void)?] = [:]
    }
    public var stub = Stub()
    /// Never used again, as UIKit's are not.
    private var lastIdentifier = 0

    public func beginBackgroundTask(
        withName name: String? = nil, expirationHandler: (@MainActor @Sendable () -> Void)? = nil
    ) -> UIBackgroundTaskIdentifier {
        if stub.refuses { return .invalid }
        stub.begun += 1
        lastIdentifier += 1
        let id = UIBackgroundTaskIdentifier(rawValue: lastIdentifier)
        stub.open[id] = .some(expirationHandler)
        if stub.expiresAtOnce { expirationHandler?() }
        return id
    }

    public func endBackgroundTask(_ identifier: UIBackgroundTaskIdentifier) {
        if stub.open.removeValue(forKey: identifier) == nil {
            stub.wrongEnds += 1
        } else {
            stub.ended += 1
        }
    }

    /// The system takes all time back.
    public func stubExpire() {
        for handler in stub.open.values { handler?() }
    }

    public func stubPost(_ name: Notification.Name) {
        NotificationCenter.default.post(name: name, object: self)
    }

    /// The home button: the delegate first, then the notification, as UIKit does.
    public func stubLeave() {
        applicationState = .inactive
        delegate?.applicationWillResignActive(self)
        stubPost(Self.willResignActiveNotification)
        applicationState = .background
        delegate?.applicationDidEnterBackground(self)
        stubPost(Self.didEnterBackgroundNotification)
    }

    public func stubReturn() {
        applicationState = .inactive
        delegate?.applicationWillEnterForeground(self)
        stubPost(Self.willEnterForegroundNotification)
        applicationState = .active
        delegate?.applicationDidBecomeActive(self)
        stubPost(Self.didBecomeActiveNotification)
    }
}

@MainActor open class UIScene: UIResponder {
    public enum ActivationState: Int, Sendable {
        case unattached = -1, foregroundActive, foregroundInactive, background
    }

    nonisolated public static let didActivateNotification = Notification.Name("sceneDidActivate")
    nonisolated public static let willDeactivateNotification =
        Notification.Name("sceneWillDeactivate")
    nonisolated public static let didEnterBackgroundNotification =
        Notification.Name("sceneDidBackground")
    nonisolated public static let willEnterForegroundNotification =
        Notification.Name("sceneForeground")
    nonisolated public static let didDisconnectNotification =
        Notification.Name("sceneDidDisconnect")

    public var activationState = ActivationState.foregroundActive

    public func stubPost(_ name: Notification.Name, _ state: ActivationState) {
        activationState = state
        NotificationCenter.default.post(name: name, object: self)
    }
}

@MainActor open class UIViewController: UIResponder {
    open func viewWillAppear(_ animated: Bool) {}
}
