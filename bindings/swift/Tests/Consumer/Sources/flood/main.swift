// Counts a flood: how many messages a second reach a loop over batches, and one over messages.
// Must not count what it did not see: the number must be the server's, exactly.
import Graceline

func fail(_ text: String) -> Never {
    print("FAILED \(text)")
    fatalError(text)
}

func report(_ what: String, _ count: Int, _ start: TimeSpan, bytes: Int, floor: Int) {
    let seconds = max(0.001, GracelineLibrary.now.seconds - start.seconds)
    let rate = Int(Double(count) / seconds)
    let verdict = rate >= floor ? "reached" : "NOT REACHED"
    let rates = "\(rate) a second (wanted \(floor): \(verdict))"
    print("\(what): \(count) messages, \(rates), \(bytes) bytes")
}

guard CommandLine.arguments.count == 3, let scale = Int(CommandLine.arguments[2]) else {
    fail("usage: flood ws://127.0.0.1:PORT THOUSANDS")
}
let server = CommandLine.arguments[1]
let batchesWanted = scale * 1000
let messagesWanted = scale * 250

func client(_ count: Int) async throws -> Client {
    var configuration = Configuration(url: "\(server)/flood?size=100&count=\(count)")
    // The server ends the flood with a close, and would be asked for another one.
    configuration.autoEstablishSocketConnection = false
    configuration.retryAttempts = 1
    return try Client(configuration: configuration)
}

var start = GracelineLibrary.now
var seen = 0
var bytes = 0
let first = try await client(batchesWanted)
try first.beginConnecting()
for await batch in first.messageBatches {
    seen += batch.count
    batch.forEachPayload { bytes += $0.count }
    if seen >= batchesWanted { break }
}
if seen != batchesWanted || bytes != seen * 100 { fail("\(seen) messages, \(bytes) bytes") }
report("messageBatches", seen, start, bytes: bytes, floor: 2_000_000)
first.close()

start = GracelineLibrary.now
seen = 0
bytes = 0
let second = try await client(messagesWanted)
try second.beginConnecting()
for await message in second.messages {
    seen += 1
    bytes += message.withUnsafeBytes { $0.count }
    if seen == messagesWanted { break }
}
if bytes != seen * 100 { fail("\(seen) messages, \(bytes) bytes") }
report("messages", seen, start, bytes: bytes, floor: 400_000)
second.close()
