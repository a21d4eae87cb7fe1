// The app: rooms, one room, a banner with the truth about the connection.
// Must not hold a decision about background: that is BackgroundServices' and the model's.
import Graceline
import SwiftUI
import UIKit

/// What must be there when the system starts the app, also in background and without a window.
final class AppDelegate: UIResponder, UIApplicationDelegate {
    static let refreshTask = "org.example.chat.refresh"

    /// Made when it is first asked for: UIKit is there by then, which it is not in `ChatApp.init`.
    lazy var model: ChatModel = {
        do {
            return try ChatModel(server: "127.0.0.1:8080")
        } catch {
            fatalError("the configuration is wrong: \(error)")
        }
    }()

    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        let client = model.client
        BackgroundFetch.register(
            identifier: Self.refreshTask, every: .seconds(1800), client: { client })
        return true
    }

    /// A silent push: connect, which opens a fresh window, and show what came.
    func application(
        _ application: UIApplication,
        didReceiveRemoteNotification userInfo: [AnyHashable: Any],
        fetchCompletionHandler completionHandler: @escaping (UIBackgroundFetchResult) -> Void
    ) {
        Task {
            do {
                try await model.client.connect()
                await model.refresh()
                completionHandler(.newData)
            } catch {
                completionHandler(.failed)
            }
        }
    }
}

@main
struct ChatApp: App {
    @UIApplicationDelegateAdaptor(AppDelegate.self) private var delegate
    @Environment(\.scenePhase) private var scenePhase

    var body: some Scene {
        WindowGroup {
            RoomList(model: delegate.model).task { await delegate.model.run() }
        }
        .onChange(of: scenePhase) { phase in
            delegate.model.services.scenePhaseChanged(phase)
            if phase == .background {
                // The next look for news; without the mode `fetch` the system refuses it.
                try? BackgroundFetch.schedule(
                    identifier: AppDelegate.refreshTask, after: .seconds(1800))
            }
        }
    }
}

struct RoomList: View {
    @ObservedObject var model: ChatModel

    var body: some View {
        NavigationView {
            VStack {
                Banner(model: model)
                List(model.rooms, id: \.self) { room in
                    NavigationLink(room, destination: Room(model: model, room: room))
                }
                .refreshable { await model.refresh() }
            }
            .navigationTitle("Rooms")
        }
    }
}

struct Room: View {
    @ObservedObject var model: ChatModel
    let room: String
    @State private var draft = ""

    var body: some View {
        VStack {
            Banner(model: model)
            List(model.lines.filter { $0.room == room }) { line in
                Text("\(line.sender): \(line.body)")
            }
            .refreshable { await model.refresh() }
            HStack {
                TextField("Message", text: $draft)
                Button("Send") {
                    model.send(draft)
                    draft = ""
                }
            }
        }
        .navigationTitle(room)
    }
}

/// Says when what is on the screen may be stale.
struct Banner: View {
    @ObservedObject var model: ChatModel

    var body: some View {
        HStack {
            Text(model.status.name)
            if model.isRefreshing { ProgressView() }
            if let problem = model.problem { Text(problem) }
        }
    }
}
