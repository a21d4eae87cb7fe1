// A JSON value that tells true from 1, with what the runner needs of it.
// Must not convert between kinds by itself: a slip of the pen in a scenario shall fail.
import Foundation

enum JSON: Equatable, Sendable, Codable {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let flag): try value.encode(flag)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let object): try value.encode(object)
        }
    }

    static func parse(_ data: Data) throws -> JSON {
        try JSONDecoder().decode(JSON.self, from: data)
    }

    var written: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    }

    subscript(name: String) -> JSON? {
        if case .object(let members) = self { return members[name] }
        return nil
    }

    func members() throws -> [String: JSON] {
        guard case .object(let members) = self else { throw Slip("not an object: \(written)") }
        return members
    }

    func flag() throws -> Bool {
        guard case .bool(let flag) = self else { throw Slip("not true or false: \(written)") }
        return flag
    }

    func int() throws -> Int64 {
        guard case .number(let number) = self else { throw Slip("not a number: \(written)") }
        return number
    }

    func string() throws -> String {
        guard case .text(let text) = self else { throw Slip("not a text: \(written)") }
        return text
    }

    func strings() throws -> [String] {
        guard case .list(let list) = self else { throw Slip("not a list: \(written)") }
        return try list.map { try $0.string() }
    }
}

/// Of optional values: what is not there is null.
extension JSON {
    static func of(_ text: String?) -> JSON { text.map { .text($0) } ?? .null }
    static func of(_ count: Int) -> JSON { .number(Int64(count)) }
}

/// The scenario itself is wrong.
struct Slip: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}

/// What was expected is not what came.
struct Mismatch: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }
}
