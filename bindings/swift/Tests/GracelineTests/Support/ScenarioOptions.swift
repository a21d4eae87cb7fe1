// The members of a scenario's "create" as a Configuration.
// Must fail on a member that it does not know, and give no default of its own.
import Foundation
import Graceline

/// What the hooks of background time answer, and how often they were asked.
final class HostTime: @unchecked Sendable {
    private let lock = NSLock()
    private var grants = true
    private var remaining: Int64 = -1
    private var begunCount: UInt64 = 0
    private var endedCount: UInt64 = 0

    var counts: (begun: Int, ended: Int) {
        lock.withLock { (Int(begunCount), Int(endedCount)) }
    }

    func set(_ from: JSON) throws {
        for (name, value) in try from.members() {
            switch name {
            case "grants": try lock.withLock { grants = try value.flag() }
            case "remaining_ms": try lock.withLock { remaining = try value.int() }
            default: throw Slip("unknown member of background_time: \(name)")
            }
        }
    }

    private var span: TimeSpan { .milliseconds(remaining) }

    var hooks: Configuration.BackgroundTime {
        .init(
            begin: { [self] in
                lock.withLock {
                    guard grants else { return nil }
                    begunCount += 1
                    return .init(id: begunCount, remaining: span)
                }
            },
            end: { [self] _ in lock.withLock { endedCount += 1 } },
            remaining: { [self] in lock.withLock { span } })
    }
}

func named<Value: OpenEnum>(_ json: JSON, _: Value.Type = Value.self) throws -> Value {
    let name = try json.string()
    guard let value = Value(name: name) else { throw Slip("no \(Value.self) has the name \(name)") }
    return value
}

private func span(_ json: JSON) throws -> TimeSpan {
    .milliseconds(try json.int())
}

func configuration(from create: JSON, time: HostTime) throws -> Configuration {
    var made = Configuration(url: "")
    for (name, value) in try create.members() {
        switch name {
        case "url": made.url = try value.string()
        case "auto_establish_socket_connection":
            made.autoEstablishSocketConnection = try value.flag()
        case "initial_application_state": made.initialApplicationState = try named(value)
        case "grace_ms": made.grace = try span(value)
        case "trust_time_ms": made.trustTime = try span(value)
        case "token": made.token = try value.string()
        case "host_provides_token": made.hostProvidesToken = try value.flag()
        case "ping_interval_ms": made.pingInterval = try span(value)
        case "pong_timeout_ms": made.pongTimeout = try span(value)
        case "probe_timeout_ms": made.probeTimeout = try span(value)
        case "close_timeout_ms": made.closeTimeout = try span(value)
        case "backoff_initial_ms": made.backoffInitial = try span(value)
        case "backoff_max_ms": made.backoffMax = try span(value)
        case "retry_attempts": made.retryAttempts = Int(try value.int())
        case "outbox_messages": made.outboxMessages = Int(try value.int())
        case "connect_frames": made.connectFrames = try value.strings()
        case "json_id_pointer": made.jsonIDPointer = try value.string()
        case "json_conversation_pointer": made.jsonConversationPointer = try value.string()
        case "json_sender_pointer": made.jsonSenderPointer = try value.string()
        case "json_time_pointer": made.jsonTimePointer = try value.string()
        case "json_ack_pointer": made.jsonAckPointer = try value.string()
        case "json_outgoing_id_member": made.jsonOutgoingIDMember = try value.string()
        case "last_message_id": made.lastMessageID = try value.string()
        case "initial_refresh_required": made.initialRefreshRequired = try value.flag()
        case "refresh_by_fetch": made.refreshByFetch = try value.flag()
        case "history": made.history = try history(from: value)
        case "background_time":
            try time.set(value)
            made.backgroundTime = time.hooks
        default: throw Slip("unknown member of create: \(name)")
        }
    }
    return made
}

private func history(from json: JSON) throws -> Configuration.History {
    var made = Configuration.History()
    for (name, value) in try json.members() {
        switch name {
        case "host_fetches": made.hostFetches = try value.flag()
        case "scope": made.scope = try named(value)
        case "refuses_unknown_ids": made.refusesUnknownIDs = try value.flag()
        case "json_items_pointer": made.jsonItemsPointer = try value.string()
        case "json_id_pointer": made.jsonIDPointer = try value.string()
        case "json_complete_pointer": made.jsonCompletePointer = try value.string()
        case "json_next_cursor_pointer": made.jsonNextCursorPointer = try value.string()
        default: throw Slip("unknown member of history: \(name)")
        }
    }
    return made
}
