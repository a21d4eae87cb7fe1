// A snapshot of the connection, and the counters of a client.
// Must not change after it was taken.
using System;

namespace Graceline
{
    /// <summary>Everything about the connection at one moment.</summary>
    public sealed unsafe class ConnectionInfo
    {
        internal ConnectionInfo(NativeConnectionInfo* from)
        {
            Status = (ConnectionStatus)from->connection_status;
            Phase = (ConnectionPhase)from->phase;
            Reason = (Reason)from->reason;
            Attempt = from->attempt;
            CloseCode = from->close_code;
            HttpStatus = from->http_status;
            ApplicationState = (ApplicationState)from->application_state;
            Network = (NetworkState)from->network;
            IsTlsResumed = from->tls_resumed != 0;
            IsTrusted = from->trusted != 0;
            IsGapOpen = from->gap_open != 0;
            IsTaskRunning = from->task_running != 0;
            TaskCause = (TaskCause)from->task_cause;
            TaskNumber = (long)from->task_number;
            GapNumber = (long)from->gap_number;
            ConnectionNumber = (long)from->connection_number;
            RetryIn = Durations.FromNativeOrNone(from->retry_in_ms);
            RoundTrip = Durations.FromMicroseconds(from->round_trip_us);
            LastFrameAge = Durations.FromNativeOrNone(from->last_frame_age_ms);
            Transport = Utf8.Read(from->transport);
            Subprotocol = Utf8.Read(from->subprotocol);
            TlsVersion = Utf8.Read(from->tls_version);
            Peer = Utf8.Read(from->peer);
            Text = Utf8.Read(from->text);
        }

        /// <summary>The published status.</summary>
        public ConnectionStatus Status { get; }

        /// <summary>What the connection does.</summary>
        public ConnectionPhase Phase { get; }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>Number of the attempt since the last stable connection.</summary>
        public int Attempt { get; }

        /// <summary>The WebSocket close code, or 0.</summary>
        public int CloseCode { get; }

        /// <summary>The HTTP status, or 0.</summary>
        public int HttpStatus { get; }

        /// <summary>The last state that was reported.</summary>
        public ApplicationState ApplicationState { get; }

        /// <summary>What the host said of the network.</summary>
        public NetworkState Network { get; }

        /// <summary>Whether TLS was resumed.</summary>
        public bool IsTlsResumed { get; }

        /// <summary>Whether the socket is trusted.</summary>
        public bool IsTrusted { get; }

        /// <summary>Whether the connection is not up.</summary>
        public bool IsGapOpen { get; }

        /// <summary>Whether a background task runs.</summary>
        public bool IsTaskRunning { get; }

        /// <summary>How the last task ended.</summary>
        public TaskCause TaskCause { get; }

        /// <summary>Number of the task.</summary>
        public long TaskNumber { get; }

        /// <summary>Number of the gap.</summary>
        public long GapNumber { get; }

        /// <summary>Attempts since the client was made.</summary>
        public long ConnectionNumber { get; }

        /// <summary>When it is tried again; null: no retry is planned.</summary>
        public TimeSpan? RetryIn { get; }

        /// <summary>The last measured round trip; null: none.</summary>
        public TimeSpan? RoundTrip { get; }

        /// <summary>The age of the newest frame; null: none came on this connection.</summary>
        public TimeSpan? LastFrameAge { get; }

        /// <summary>The transport's name.</summary>
        public string Transport { get; }

        /// <summary>The subprotocol that the server chose, or "".</summary>
        public string Subprotocol { get; }

        /// <summary>The TLS version, or "".</summary>
        public string TlsVersion { get; }

        /// <summary>The server's address, or "".</summary>
        public string Peer { get; }

        /// <summary>For people.</summary>
        public string Text { get; }

        /// <summary>For logs: status, phase, reason and text.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return Status + ", " + Phase + ", " + Reason + ": " + Text;
        }
    }
}
