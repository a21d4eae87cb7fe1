// The smallest host: connects, says hello to itself, and shows what came.
// Must not need more than the package.
import Graceline

guard CommandLine.arguments.count == 2 else { fatalError("usage: hello WS-URL") }
let client = try Client(url: CommandLine.arguments[1])
try await client.connect()
guard try await client.deliver("hello from Swift") == .sent else { fatalError("not sent") }
for await message in client.messages {
    print("received: \(message.text)")
    break
}
try client.disconnect()
