// A stand-in for SwiftUI on Linux: enough of its types for the example to be type-checked.
// Must not draw or run anything.
@_exported import Foundation
import UIKit

public enum ScenePhase: Sendable { case background, inactive, active }

public protocol ObservableObject: AnyObject {}

@propertyWrapper public struct Published<Value> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

@MainActor @propertyWrapper public struct StateObject<Object: ObservableObject> {
    public let wrappedValue: Object
    public init(wrappedValue: @autoclosure @escaping () -> Object) {
        self.wrappedValue = wrappedValue()
    }
}

@MainActor @propertyWrapper public struct ObservedObject<Object: ObservableObject> {
    public var wrappedValue: Object
    public init(wrappedValue: Object) { self.wrappedValue = wrappedValue }
}

public struct Binding<Value> {}

@propertyWrapper public struct State<Value> {
    private final class Box {
        var value: Value
        init(_ value: Value) { self.value = value }
    }
    private let box: Box
    public init(wrappedValue: Value) { box = Box(wrappedValue) }
    public var wrappedValue: Value {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
    public var projectedValue: Binding<Value> { Binding() }
}

public struct EnvironmentValues {
    public var scenePhase: ScenePhase { .active }
}

@propertyWrapper public struct Environment<Value> {
    public let wrappedValue: Value
    public init(_ path: KeyPath<EnvironmentValues, Value>) {
        wrappedValue = EnvironmentValues()[keyPath: path]
    }
}

@MainActor public protocol View {
    associatedtype Body: View
    @ViewBuilder var body: Body { get }
}

extension Never: View {
    public var body: Never { return fatalError("a stub has no body") }
}

public protocol StubView: View where Body == Never {}
extension StubView {
    public var body: Never { return fatalError("a stub has no body") }
}

public struct Group: StubView {}

@resultBuilder public enum ViewBuilder {
    public static func buildExpression<Content: View>(_ view: Content) -> Group { Group() }
    public static func buildBlock(_ parts: Group...) -> Group { Group() }
    public static func buildOptional(_ part: Group?) -> Group { Group() }
}

extension View {
    public func task(_ action: @escaping @MainActor @Sendable () async -> Void) -> some View {
        Group()
    }
    public func refreshable(action: @escaping @MainActor @Sendable () async -> Void) -> some View {
        Group()
    }
    public func navigationTitle(_ title: String) -> some View { Group() }
}

public struct Text: StubView {
    public init(_ text: String) {}
}
public struct ProgressView: StubView {
    public init() {}
}
public struct Button: StubView {
    public init(_ title: String, action: @escaping @MainActor () -> Void) {}
}
public struct TextField: StubView {
    public init(_ title: String, text: Binding<String>) {}
}
public struct NavigationLink: StubView {
    public init<Destination: View>(_ title: String, destination: Destination) {}
}
public struct List: StubView {
    public init<Item, ID: Hashable>(
        _ items: [Item], id: KeyPath<Item, ID>, @ViewBuilder row: @escaping (Item) -> Group
    ) {}
    public init<Item: Identifiable>(_ items: [Item], @ViewBuilder row: @escaping (Item) -> Group) {}
}
public struct VStack: StubView {
    public init(@ViewBuilder _ content: () -> Group) {}
}
public struct HStack: StubView {
    public init(@ViewBuilder _ content: () -> Group) {}
}
public struct NavigationView: StubView {
    public init(@ViewBuilder _ content: () -> Group) {}
}

@MainActor public protocol Scene {}
public struct WindowGroup: Scene {
    public init(@ViewBuilder _ content: () -> Group) {}
}
extension Scene {
    public func onChange<Value: Equatable>(
        of value: Value, perform action: @escaping @MainActor (Value) -> Void
    ) -> some Scene { WindowGroup {} }
}

@MainActor @propertyWrapper
public struct UIApplicationDelegateAdaptor<Delegate: UIResponder & UIApplicationDelegate> {
    public let wrappedValue: Delegate
    public init(_ type: Delegate.Type = Delegate.self) { wrappedValue = type.init() }
}

@MainActor public protocol App {
    associatedtype Content: Scene
    var body: Content { get }
    init()
}
extension App {
    public static func main() {}
}
