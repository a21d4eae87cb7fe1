// The code of the READMEs, compiled; bindings/swift/README.md shows parts of it.
// Must not hold what no README shows.
import Foundation
import Graceline

/// Fetches what the screen shows; the first page of each marks the refresh by itself.
func refresh(_ client: Client) async throws {
    let messages = try client.messagesRequest(limit: 30)
    let conversations = try client.conversationsRequest(limit: 30)
    for message in try await messages.fetchPrevious() { print("older:", message.text) }
    for room in try await conversations.fetchNext() { print("room:", room.id ?? "") }
}

func listen(to url: String, showing history: Configuration.History) async throws {
    var configuration = Configuration(url: url)
    configuration.jsonIDPointer = "/id"  // one id, live and in the history: nothing comes twice
    configuration.history = history
    let client = try Client(configuration: configuration)
    try await client.connect()

    try client.configureServices(.willResignActive)
    try client.configureServices(.didBackground)
    // Messages go on arriving, up to 30 s.
    try client.configureServices(.willEnterForeground)
    try client.configureServices(.didBecomeActive)
    if !client.backgroundTaskEnabled { try await refresh(client) }

    for await message in client.messages { print(message.text) }
}

func ownHTTP(_ url: String, token: @escaping @Sendable () async throws -> String) -> Configuration {
    var history = Configuration.History()
    history.messagesURL = "https://example.org/messages{?conversation,before,after,limit}"
    history.jsonItemsPointer = "/items"
    history.fetch = HTTPFetcher(token: token).fetch  // or any function of your own
    var configuration = Configuration(url: url)
    configuration.tokenProvider = token
    configuration.history = history
    return configuration
}

func count(_ client: Client) async -> Int {
    var bytes = 0
    for await batch in client.messageBatches {
        batch.forEachPayload { bytes += $0.count }  // in place, nothing is copied
    }
    return bytes
}
