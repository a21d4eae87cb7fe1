// Writes GracelineOptions into the struct of the C API, in memory that lives for the call.
// Must begin with C's own init functions: what C# does not set keeps C's default.
using System;
using System.Collections.Generic;

namespace Graceline
{
    internal static unsafe class OptionsMarshaller
    {
        internal static NativeOptions* Write(GracelineOptions from, Arena arena)
        {
            var to = (NativeOptions*)arena.Bytes(sizeof(NativeOptions));
            GracelineException.ThrowIfFailed(
                Native.graceline_options_init(to, (uint)sizeof(NativeOptions)));
            WriteConnection(from, to, arena);
            WriteTimes(from, to);
            WriteLimits(from, to, arena);
            WriteTls(from, to, arena);
            WriteMessages(from, to, arena);
            if (from.History != null) to->history = WriteHistory(from.History, arena);
            return to;
        }

        private static void WriteConnection(GracelineOptions from, NativeOptions* to, Arena arena)
        {
            to->auto_establish_socket_connection = Flag(from.AutoEstablishSocketConnection);
            to->url = arena.Text("Url", from.Url);
            to->allow_insecure_ws_beyond_loopback = Flag(from.AllowInsecureWsBeyondLoopback);
            to->transport = (int)from.Transport;
            to->session = (int)from.Session;
            to->initial_application_state = (int)from.InitialApplicationState;
            to->token = arena.Text("Token", from.Token);
            to->host_provides_token = Flag(from.TokenProvider != null);
            to->token_placement = (int)from.TokenPlacement;
            if (from.TokenName != null) to->token_name = arena.Text("TokenName", from.TokenName);
            to->headers = Headers("Headers", from.Headers, arena);
            to->headers_count = Count(from.Headers);
            to->subprotocols = arena.Texts("Subprotocols", from.Subprotocols);
            to->subprotocols_count = Count(from.Subprotocols);
            to->connect_frames = arena.Texts("ConnectFrames", from.ConnectFrames);
            to->connect_frames_count = Count(from.ConnectFrames);
            to->permessage_deflate = Flag(from.PermessageDeflate);
            to->deflate_no_context_takeover = Flag(from.DeflateNoContextTakeover);
            to->proxy_url = arena.Text("ProxyUrl", from.ProxyUrl);
            to->proxy_user = arena.Text("ProxyUser", from.ProxyUser);
            to->proxy_password = arena.Text("ProxyPassword", from.ProxyPassword);
        }

        private static void WriteTimes(GracelineOptions from, NativeOptions* to)
        {
            to->grace_ms = Durations.ToNative(from.Grace);
            to->trust_time_ms = Durations.ToNative(from.TrustTime);
            to->token_timeout_ms = Durations.ToNative(from.TokenTimeout);
            to->resolve_timeout_ms = Durations.ToNative(from.ResolveTimeout);
            to->connect_timeout_ms = Durations.ToNative(from.ConnectTimeout);
            to->session_timeout_ms = Durations.ToNative(from.SessionTimeout);
            to->close_timeout_ms = Durations.ToNative(from.CloseTimeout);
            to->ping_interval_ms = Durations.ToNative(from.PingInterval);
            to->pong_timeout_ms = Durations.ToNative(from.PongTimeout);
            to->probe_timeout_ms = Durations.ToNative(from.ProbeTimeout);
            to->backoff_initial_ms = Durations.ToNative(from.BackoffInitial);
            to->backoff_max_ms = Durations.ToNative(from.BackoffMax);
            to->retry_total_ms = Durations.ToNative(from.RetryTotal);
        }

        private static void WriteLimits(GracelineOptions from, NativeOptions* to, Arena arena)
        {
            to->retry_attempts = from.RetryAttempts;
            to->max_message_bytes = from.MaxMessageBytes;
            to->receive_queue_bytes = from.ReceiveQueueBytes;
            to->outbox_bytes = from.OutboxBytes;
            to->outbox_messages = from.OutboxMessages;
            to->max_fragments = from.MaxFragments;
            to->dispositions_count = Count(from.Dispositions);
            if (to->dispositions_count == 0) return;
            int size = to->dispositions_count * sizeof(NativeDispositionRow);
            var rows = (NativeDispositionRow*)arena.Bytes(size);
            for (int i = 0; i < to->dispositions_count; i++)
            {
                rows[i].close_code = Code(from.Dispositions[i].CloseCode, i);
                rows[i].http_status = Code(from.Dispositions[i].HttpStatus, i);
                rows[i].disposition = (int)from.Dispositions[i].Disposition;
            }
            to->dispositions = rows;
        }

        private static void WriteTls(GracelineOptions from, NativeOptions* to, Arena arena)
        {
            to->tls_ca_pem = arena.Text("TlsCaPem", from.TlsCaPem);
            to->tls_client_certificate_pem =
                arena.Text("TlsClientCertificatePem", from.TlsClientCertificatePem);
            to->tls_client_key_pem = arena.Text("TlsClientKeyPem", from.TlsClientKeyPem);
            to->tls_server_name = arena.Text("TlsServerName", from.TlsServerName);
            to->tls_pins = arena.Texts("TlsPins", from.TlsPins);
            to->tls_pins_count = Count(from.TlsPins);
            to->tls_use_system_store = Flag(from.TlsUseSystemStore);
            to->tls_insecure_skip_verification = Flag(from.TlsInsecureSkipVerification);
            to->tls_resume_sessions = Flag(from.TlsResumeSessions);
        }

        private static void WriteMessages(GracelineOptions from, NativeOptions* to, Arena arena)
        {
            to->json_id_pointer = arena.Text("JsonIdPointer", from.JsonIdPointer);
            to->json_conversation_pointer =
                arena.Text("JsonConversationPointer", from.JsonConversationPointer);
            to->json_sender_pointer = arena.Text("JsonSenderPointer", from.JsonSenderPointer);
            to->json_time_pointer = arena.Text("JsonTimePointer", from.JsonTimePointer);
            to->json_ack_pointer = arena.Text("JsonAckPointer", from.JsonAckPointer);
            to->json_outgoing_id_member =
                arena.Text("JsonOutgoingIdMember", from.JsonOutgoingIdMember);
            to->last_message_id = arena.Text("LastMessageId", from.LastMessageId);
            to->initial_refresh_required = Flag(from.InitialRefreshRequired);
            to->refresh_by_fetch = Flag(from.RefreshByFetch);
            to->log_level = (int)from.LogLevel;
        }

        private static NativeHistoryOptions* WriteHistory(HistoryOptions from, Arena arena)
        {
            var to = (NativeHistoryOptions*)arena.Bytes(sizeof(NativeHistoryOptions));
            GracelineException.ThrowIfFailed(
                Native.graceline_history_options_init(to, (uint)sizeof(NativeHistoryOptions)));
            to->host_fetches = Flag(from.Fetch != null);
            to->headers = Headers("History.Headers", from.Headers, arena);
            to->headers_count = Count(from.Headers);
            to->scope = (int)from.Scope;
            to->newest_first = Flag(from.NewestFirst);
            to->refuses_unknown_ids = Flag(from.RefusesUnknownIds);
            to->sends_token = Flag(from.SendsToken);
            to->timeout_ms = Durations.ToNative(from.Timeout);
            to->page_bytes = from.PageBytes;
            WritePositions(from, to, arena);
            Set(ref to->messages_url, nameof(from.MessagesUrl), from.MessagesUrl, arena);
            Set(ref to->messages_previous_url,
                nameof(from.MessagesPreviousUrl), from.MessagesPreviousUrl, arena);
            Set(ref to->messages_next_url,
                nameof(from.MessagesNextUrl), from.MessagesNextUrl, arena);
            Set(ref to->conversations_url,
                nameof(from.ConversationsUrl), from.ConversationsUrl, arena);
            WritePointers(from, to, arena);
            return to;
        }

        private static void WritePointers(HistoryOptions from, NativeHistoryOptions* to,
                                          Arena arena)
        {
            Set(ref to->json_items_pointer,
                nameof(from.JsonItemsPointer), from.JsonItemsPointer, arena);
            Set(ref to->json_id_pointer, nameof(from.JsonIdPointer), from.JsonIdPointer, arena);
            Set(ref to->json_conversation_pointer,
                nameof(from.JsonConversationPointer), from.JsonConversationPointer, arena);
            Set(ref to->json_sender_pointer,
                nameof(from.JsonSenderPointer), from.JsonSenderPointer, arena);
            Set(ref to->json_time_pointer,
                nameof(from.JsonTimePointer), from.JsonTimePointer, arena);
            Set(ref to->json_body_pointer,
                nameof(from.JsonBodyPointer), from.JsonBodyPointer, arena);
            Set(ref to->json_next_cursor_pointer,
                nameof(from.JsonNextCursorPointer), from.JsonNextCursorPointer, arena);
            Set(ref to->json_previous_cursor_pointer,
                nameof(from.JsonPreviousCursorPointer), from.JsonPreviousCursorPointer, arena);
            Set(ref to->json_complete_pointer,
                nameof(from.JsonCompletePointer), from.JsonCompletePointer, arena);
            Set(ref to->json_conversations_items_pointer,
                nameof(from.JsonConversationsItemsPointer),
                from.JsonConversationsItemsPointer, arena);
            Set(ref to->json_conversations_id_pointer,
                nameof(from.JsonConversationsIdPointer), from.JsonConversationsIdPointer, arena);
            Set(ref to->json_conversations_time_pointer,
                nameof(from.JsonConversationsTimePointer),
                from.JsonConversationsTimePointer, arena);
            Set(ref to->json_conversations_next_cursor_pointer,
                nameof(from.JsonConversationsNextCursorPointer),
                from.JsonConversationsNextCursorPointer, arena);
            Set(ref to->json_conversations_complete_pointer,
                nameof(from.JsonConversationsCompletePointer),
                from.JsonConversationsCompletePointer, arena);
        }

        private static void WritePositions(HistoryOptions from, NativeHistoryOptions* to,
                                           Arena arena)
        {
            int count = Count(from.Positions);
            to->positions_count = count;
            if (count == 0) return;
            var positions = (NativePosition*)arena.Bytes(count * sizeof(NativePosition));
            for (int i = 0; i < count; i++)
            {
                string option = "History.Positions[" + i + "]";
                positions[i].conversation = arena.Text(option, from.Positions[i].Key);
                positions[i].last_message_id = arena.Text(option, from.Positions[i].Value);
            }
            to->positions = positions;
        }

        private static NativeHeader* Headers(
            string option, IList<KeyValuePair<string, string>> headers, Arena arena)
        {
            int count = Count(headers);
            if (count == 0) return null;
            var result = (NativeHeader*)arena.Bytes(count * sizeof(NativeHeader));
            for (int i = 0; i < count; i++)
            {
                string each = option + "[" + i + "]";
                result[i].name = arena.Text(each, headers[i].Key);
                result[i].value = arena.Text(each, headers[i].Value);
            }
            return result;
        }

        private static void Set(ref byte* field, string option, string text, Arena arena)
        {
            if (text != null) field = arena.Text("History." + option, text);
        }

        private static int Count<T>(ICollection<T> items)
        {
            return items == null ? 0 : items.Count;
        }

        private static int Flag(bool value)
        {
            return value ? 1 : 0;
        }

        private static ushort Code(int code, int index)
        {
            if (code >= 0 && code <= ushort.MaxValue) return (ushort)code;
            string option = "Dispositions[" + index + "]";
            throw new ArgumentException(
                option + ": must be a close code or an HTTP status", option);
        }
    }
}
