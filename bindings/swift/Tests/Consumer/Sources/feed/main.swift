// A paced feed: every number of it must arrive, once, in order, and no later than it was offered.
// Must not skip a look at any message: a count alone would hide one lost and one doubled.
import Graceline

func fail(_ text: String) -> Never {
    print("FAILED \(text)")
    fatalError(text)
}

/// The ten digits at the beginning; nil: it is no numbered message.
func number(_ payload: UnsafeRawBufferPointer) -> Int? {
    guard payload.count == 100 else { return nil }
    var number = 0
    for digit in payload[0..<10] {
        guard digit >= 48, digit <= 57 else { return nil }
        number = number * 10 + Int(digit - 48)
    }
    return number
}

guard CommandLine.arguments.count == 4, let rate = Int(CommandLine.arguments[2]),
    let seconds = Int(CommandLine.arguments[3])
else { fail("usage: feed ws://127.0.0.1:PORT RATE SECONDS") }
let wanted = rate * seconds

func client() throws -> Client {
    let made = try Client(url: "\(CommandLine.arguments[1])/\(rate)/\(wanted)")
    try made.beginConnecting()
    return made
}

/// Says how the feed went; it is over when the server says so, not when enough came.
func report(_ what: String, _ count: Int, _ began: TimeSpan, _ client: Client) {
    if count != wanted { fail("\(what): \(count) messages of \(wanted)") }
    let counted = client.statistics
    if counted.messagesReceived != UInt64(wanted) + 1 || counted.connections != 1 {
        fail("\(what): the library counted \(counted)")
    }
    let took = max(0.001, GracelineLibrary.now.seconds - began.seconds)
    let kept = took <= Double(seconds) * 1.1 ? "kept up" : "NOT REACHED"
    let every = Int(Double(count) / took)
    print("\(what): \(count) of \(wanted), in order, \(every) a second of \(rate) (\(kept))")
}

var seen = 0
var began = TimeSpan.zero
let first = try client()
batches: for await batch in first.messageBatches {
    if seen == 0 { began = GracelineLibrary.now }
    var isOver = false
    batch.forEachPayload { payload in
        guard let number = number(payload) else { return isOver = true }
        if number != seen { fail("number \(number) came where \(seen) was due") }
        seen += 1
    }
    if isOver { break batches }
}
report("messageBatches", seen, began, first)
first.close()

seen = 0
let second = try client()
for await message in second.messages {
    if seen == 0 { began = GracelineLibrary.now }
    guard let number = message.withUnsafeBytes(number) else { break }
    if number != seen { fail("number \(number) came where \(seen) was due") }
    seen += 1
}
report("messages", seen, began, second)
second.close()
