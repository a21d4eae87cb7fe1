// What the app knows and does: messages, rooms, the banner, and when to refresh.
// Must not know a view, nor ask UIKit anything; of SwiftUI it takes ObservableObject.
import Foundation
import Graceline
import SwiftUI

/// One line on the screen.
struct Line: Identifiable, Sendable, Equatable {
    let id: String
    let room: String
    let sender: String
    let body: String

    /// The dev server's JSON; anything else is shown as it came.
    init(_ message: Message) {
        struct Wire: Decodable { let body: String }
        let wire = try? JSONDecoder().decode(Wire.self, from: message.data)
        id = message.id ?? UUID().uuidString
        room = message.conversation ?? "lobby"
        sender = message.sender ?? "?"
        body = wire?.body ?? message.text
    }
}

@MainActor
final class ChatModel: ObservableObject {
    @Published private(set) var lines: [Line] = []
    @Published private(set) var rooms: [String] = []
    @Published private(set) var status = ConnectionStatus.connecting
    @Published private(set) var isRefreshing = false
    @Published private(set) var problem: String?

    let services: BackgroundServices
    var client: Client { services.client }

    init(server: String) throws {
        var history = Configuration.History()
        history.messagesURL = "http://\(server)/messages?conversation=lobby{&before,after,limit}"
        history.conversationsURL = "http://\(server)/conversations{?limit,cursor}"
        history.jsonItemsPointer = "/items"
        history.jsonCompletePointer = "/complete"
        history.jsonConversationsNextCursorPointer = "/next"
        history.fetch = HTTPFetcher().fetch
        var configuration = Configuration(url: "ws://\(server)/ws?room=lobby&user=me")
        configuration.jsonIDPointer = "/id"
        configuration.jsonConversationPointer = "/conversation"
        configuration.jsonSenderPointer = "/sender"
        configuration.history = history
        services = try BackgroundServices(configuration: configuration)
    }

    /// For as long as the window is there; SwiftUI cancels it.
    func run() async {
        do { try client.start() } catch { problem = "\(error)" }
        async let states: Void = followStates()
        async let verdicts: Void = followVerdicts()
        for await batch in client.messageBatches { show(batch.map(Line.init)) }
        _ = await (states, verdicts)
    }

    private func followStates() async {
        var wasConnected = false
        for await change in client.states {
            status = change.status
            if change.status == .connected, !wasConnected {
                // The first screen; after it the verdicts say when.
                wasConnected = true
                await refresh()
            }
        }
    }

    /// Exactly one verdict for each return: the base behaviour's question, answered without asking.
    private func followVerdicts() async {
        for await event in client.events {
            switch event.kind {
            case .returnVerdict(.refresh, _), .refreshNeeded: await refresh()
            default: break
            }
        }
    }

    /// Pull to refresh, and what a return asks for.
    func refresh() async {
        guard !isRefreshing else { return }
        isRefreshing = true
        defer { isRefreshing = false }
        do {
            let newest = try await client.messagesRequest(limit: 50).fetchPrevious()
            show(newest.map(Line.init))
            rooms = try await client.conversationsRequest().fetchNext().compactMap(\.id)
            problem = nil
        } catch {
            problem = "\(error)"
        }
    }

    func send(_ body: String) {
        do {
            let wire = try JSONEncoder().encode(["body": body])
            try client.send(String(decoding: wire, as: UTF8.self))
        } catch {
            problem = "\(error)"
        }
    }

    /// Live, replayed and fetched ones are told apart by id: nothing stands there twice.
    private func show(_ new: [Line]) {
        let known = Set(lines.map(\.id))
        lines += new.filter { !known.contains($0.id) }
    }
}
