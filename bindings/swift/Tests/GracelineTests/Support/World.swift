// The scripted world behind the library, where it is the scripted build that was loaded.
// Must not be needed by tests that run against the real one.
import Foundation

enum World {
    private typealias Command =
        @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>?, Int) -> Int32

    private static let command: Command? = {
        guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "graceline_test_world") else { return nil }
        return unsafeBitCast(symbol, to: Command.self)
    }()

    static var isThere: Bool { command != nil }

    static func run(_ json: JSON) throws {
        guard let command else { throw Slip("the library is not the scripted build") }
        var answer = [CChar](repeating: 0, count: 4096)
        let status = answer.withUnsafeMutableBufferPointer { buffer in
            command(json.written, buffer.baseAddress, buffer.count)
        }
        let text = answer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        if status == -4 { throw Mismatch(text) }
        if status != 0 { throw Slip("\(text): \(json.written)") }
    }

    static func run(_ command: String, _ value: JSON) throws { try run(.object([command: value])) }
}
