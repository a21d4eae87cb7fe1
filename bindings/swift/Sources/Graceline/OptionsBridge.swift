// From a Configuration to the options of the C API, with the memory that these point into.
// Must not outlive graceline_client_create(), which copies all of it.
import CGraceline
import Foundation

/// Texts and arrays for the time of one call.
final class CallMemory {
    private var texts: [UnsafeMutablePointer<CChar>] = []
    private var blocks: [UnsafeMutableRawPointer] = []
    private var broken: String?

    deinit {
        texts.forEach { free($0) }
        blocks.forEach { $0.deallocate() }
    }

    /// A text with a NUL would end there without a word: `check()` refuses it by `name`.
    func text(_ text: String?, _ name: @autoclosure () -> String) -> UnsafePointer<CChar>? {
        guard let text else { return nil }
        if text.utf8.contains(0), broken == nil { broken = name() }
        guard let copy = strdup(text) else { return nil }
        texts.append(copy)
        return UnsafePointer(copy)
    }

    func array<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
        guard !elements.isEmpty else { return nil }
        let block = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        block.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(block))
        return UnsafePointer(block)
    }

    func headers(
        _ headers: [(name: String, value: String)], _ name: String
    ) -> UnsafePointer<GracelineHeader>? {
        array(
            headers.enumerated().map { index, header in
                GracelineHeader(
                    name: text(header.name, "\(name)[\(index)]"),
                    value: text(header.value, "\(name)[\(index)]"))
            })
    }

    func texts(_ list: [String], _ name: String) -> UnsafePointer<UnsafePointer<CChar>?>? {
        array(list.enumerated().map { index, each in text(each, "\(name)[\(index)]") })
    }

    /// Throws when one of the texts cannot be a text of C.
    func check() throws {
        guard let broken else { return }
        throw GracelineError(.invalidArgument, detail: "\(broken): must not hold NUL")
    }
}

private func set(_ field: inout Int64, _ span: TimeSpan?) {
    if let span { field = span.milliseconds }
}
private func set(_ field: inout Int64, _ count: Int?) {
    if let count { field = Int64(count) }
}
private func set(_ field: inout Int32, _ count: Int?) {
    if let count { field = Int32(clamping: count) }
}
private func set(_ field: inout Int32, _ flag: Bool?) {
    if let flag { field = flag ? 1 : 0 }
}
private func set<Value: OpenEnum>(_ field: inout Int32, _ value: Value?) {
    if let value { field = value.rawValue }
}
private func set(
    _ field: inout UnsafePointer<CChar>?, _ text: String?, _ memory: CallMemory, _ name: String
) {
    if let copy = memory.text(text, name) { field = copy }
}

extension Configuration {
    /// Everything but the hooks, which need an owner.
    func options(in memory: CallMemory) throws -> GracelineOptions {
        var options = GracelineOptions()
        let size = UInt32(MemoryLayout<GracelineOptions>.size)
        try check(gracelineOptionsInit(&options, structSize: size))
        options.auto_establish_socket_connection = autoEstablishSocketConnection ? 1 : 0
        options.url = memory.text(url, "url")
        set(&options.allow_insecure_ws_beyond_loopback, allowInsecureBeyondLoopback)
        set(&options.transport, transport)
        set(&options.initial_application_state, initialApplicationState)
        set(&options.grace_ms, grace)
        set(&options.trust_time_ms, trustTime)
        fillToken(&options, memory)
        fillUpgrade(&options, memory)
        fillTimes(&options)
        fillLimits(&options, memory)
        fillSecurity(&options, memory)
        fillMessages(&options, memory)
        set(&options.log_level, logLevel)
        if let history {
            options.history = memory.array([try history.options(in: memory)])
        }
        try memory.check()
        return options
    }

    private func fillToken(_ options: inout GracelineOptions, _ memory: CallMemory) {
        set(&options.token, token, memory, "token")
        set(&options.token_placement, tokenPlacement)
        set(&options.token_name, tokenName, memory, "tokenName")
        set(&options.token_timeout_ms, tokenTimeout)
        options.host_provides_token = hostProvidesToken || tokenProvider != nil ? 1 : 0
    }

    private func fillUpgrade(_ options: inout GracelineOptions, _ memory: CallMemory) {
        options.headers = memory.headers(headers, "headers")
        set(&options.headers_count, headers.count)
        options.subprotocols = memory.texts(subprotocols, "subprotocols")
        set(&options.subprotocols_count, subprotocols.count)
        options.connect_frames = memory.texts(connectFrames, "connectFrames")
        set(&options.connect_frames_count, connectFrames.count)
        set(&options.permessage_deflate, permessageDeflate)
        set(&options.deflate_no_context_takeover, deflateNoContextTakeover)
    }

    private func fillTimes(_ options: inout GracelineOptions) {
        set(&options.resolve_timeout_ms, resolveTimeout)
        set(&options.connect_timeout_ms, connectTimeout)
        set(&options.session_timeout_ms, sessionTimeout)
        set(&options.close_timeout_ms, closeTimeout)
        set(&options.ping_interval_ms, pingInterval)
        set(&options.pong_timeout_ms, pongTimeout)
        set(&options.probe_timeout_ms, probeTimeout)
        set(&options.backoff_initial_ms, backoffInitial)
        set(&options.backoff_max_ms, backoffMax)
        set(&options.retry_total_ms, retryTotal)
        set(&options.retry_attempts, retryAttempts)
    }

    private func fillLimits(_ options: inout GracelineOptions, _ memory: CallMemory) {
        options.dispositions = memory.array(
            dispositions.map {
                GracelineDispositionRow(
                    close_code: $0.closeCode, http_status: $0.httpStatus,
                    disposition: $0.disposition.rawValue)
            })
        set(&options.dispositions_count, dispositions.count)
        set(&options.max_message_bytes, maxMessageBytes)
        set(&options.receive_queue_bytes, receiveQueueBytes)
        set(&options.outbox_bytes, outboxBytes)
        set(&options.outbox_messages, outboxMessages)
        set(&options.max_fragments, maxFragments)
    }

    private func fillSecurity(_ options: inout GracelineOptions, _ memory: CallMemory) {
        set(&options.tls_ca_pem, tlsCertificateAuthorities, memory, "tlsCertificateAuthorities")
        set(
            &options.tls_client_certificate_pem, tlsClientCertificate, memory,
            "tlsClientCertificate")
        set(&options.tls_client_key_pem, tlsClientKey, memory, "tlsClientKey")
        set(&options.tls_server_name, tlsServerName, memory, "tlsServerName")
        options.tls_pins = memory.texts(tlsPins, "tlsPins")
        set(&options.tls_pins_count, tlsPins.count)
        set(&options.tls_use_system_store, tlsUseSystemStore)
        set(&options.tls_resume_sessions, tlsResumeSessions)
        set(&options.tls_insecure_skip_verification, tlsInsecureSkipVerification)
        set(&options.proxy_url, proxyURL, memory, "proxyURL")
        set(&options.proxy_user, proxyUser, memory, "proxyUser")
        set(&options.proxy_password, proxyPassword, memory, "proxyPassword")
    }

    private func fillMessages(_ options: inout GracelineOptions, _ memory: CallMemory) {
        set(&options.json_id_pointer, jsonIDPointer, memory, "jsonIDPointer")
        set(
            &options.json_conversation_pointer, jsonConversationPointer, memory,
            "jsonConversationPointer")
        set(&options.json_sender_pointer, jsonSenderPointer, memory, "jsonSenderPointer")
        set(&options.json_time_pointer, jsonTimePointer, memory, "jsonTimePointer")
        set(&options.json_ack_pointer, jsonAckPointer, memory, "jsonAckPointer")
        set(&options.json_outgoing_id_member, jsonOutgoingIDMember, memory, "jsonOutgoingIDMember")
        set(&options.last_message_id, lastMessageID, memory, "lastMessageID")
        set(&options.initial_refresh_required, initialRefreshRequired)
        set(&options.refresh_by_fetch, refreshByFetch)
    }
}

extension Configuration.History {
    func options(in memory: CallMemory) throws -> GracelineHistoryOptions {
        var options = GracelineHistoryOptions()
        let size = UInt32(MemoryLayout<GracelineHistoryOptions>.size)
        try check(gracelineHistoryOptionsInit(&options, structSize: size))
        options.host_fetches = hostFetches || fetch != nil ? 1 : 0
        set(&options.messages_url, messagesURL, memory, "history.messagesURL")
        set(
            &options.messages_previous_url, messagesPreviousURL, memory,
            "history.messagesPreviousURL")
        set(&options.messages_next_url, messagesNextURL, memory, "history.messagesNextURL")
        set(&options.conversations_url, conversationsURL, memory, "history.conversationsURL")
        options.headers = memory.headers(headers, "history.headers")
        set(&options.headers_count, headers.count)
        set(&options.scope, scope)
        set(&options.newest_first, newestFirst)
        set(&options.refuses_unknown_ids, refusesUnknownIDs)
        set(&options.sends_token, sendsToken)
        options.positions = memory.array(
            positions.enumerated().map { index, position in
                let name = "history.positions[\(index)]"
                return GracelinePosition(
                    conversation: memory.text(position.conversation, "\(name).conversation"),
                    last_message_id: memory.text(position.lastMessageID, "\(name).lastMessageID"))
            })
        set(&options.positions_count, positions.count)
        set(&options.timeout_ms, timeout)
        set(&options.page_bytes, pageBytes)
        fillPointers(&options, memory)
        return options
    }

    private func fillPointers(_ options: inout GracelineHistoryOptions, _ memory: CallMemory) {
        set(&options.json_items_pointer, jsonItemsPointer, memory, "history.jsonItemsPointer")
        set(&options.json_id_pointer, jsonIDPointer, memory, "history.jsonIDPointer")
        set(
            &options.json_conversation_pointer, jsonConversationPointer, memory,
            "history.jsonConversationPointer")
        set(&options.json_sender_pointer, jsonSenderPointer, memory, "history.jsonSenderPointer")
        set(&options.json_time_pointer, jsonTimePointer, memory, "history.jsonTimePointer")
        set(&options.json_body_pointer, jsonBodyPointer, memory, "history.jsonBodyPointer")
        set(
            &options.json_next_cursor_pointer, jsonNextCursorPointer, memory,
            "history.jsonNextCursorPointer")
        set(
            &options.json_previous_cursor_pointer, jsonPreviousCursorPointer, memory,
            "history.jsonPreviousCursorPointer")
        set(
            &options.json_complete_pointer, jsonCompletePointer, memory,
            "history.jsonCompletePointer")
        set(
            &options.json_conversations_items_pointer, jsonConversationsItemsPointer, memory,
            "history.jsonConversationsItemsPointer")
        set(
            &options.json_conversations_id_pointer, jsonConversationsIDPointer, memory,
            "history.jsonConversationsIDPointer")
        set(
            &options.json_conversations_time_pointer, jsonConversationsTimePointer, memory,
            "history.jsonConversationsTimePointer")
        set(
            &options.json_conversations_next_cursor_pointer, jsonConversationsNextCursorPointer,
            memory, "history.jsonConversationsNextCursorPointer")
        set(
            &options.json_conversations_complete_pointer, jsonConversationsCompletePointer, memory,
            "history.jsonConversationsCompletePointer")
    }
}
