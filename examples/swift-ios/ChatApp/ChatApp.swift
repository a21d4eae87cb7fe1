// The app: rooms, one room, a banner with the truth about the connection.
// Must not hold a decision about background: that is BackgroundServices' and the model's.
import Graceline
import SwiftUI

@main
struct ChatApp: App {
    @StateObject private var model: ChatModel
    @Environment(\.scenePhase) private var scenePhase

    @MainActor
    init() {
        do {
            let made = try ChatModel(server: "127.0.0.1:8080")
            _model = StateObject(wrappedValue: made)
        } catch {
            fatalError("the configuration is wrong: \(error)")
        }
    }

    var body: some Scene {
        WindowGroup {
            RoomList(model: model).task { await model.run() }
        }
        .onChange(of: scenePhase) { phase in model.services.scenePhaseChanged(phase) }
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
