// What a client is made from; the defaults are the header's, and a test compares them.
// Must not check what C checks: a wrong value is refused once, by its rule, with this option's
// name.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>Options of a <see cref="GracelineClient"/>; copied when it is made. Times without a
    /// limit are <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public sealed class GracelineOptions
    {
        /// <summary>The server: ws:// or wss://. Required. No credentials, no
        /// fragment.</summary>
        public string Url { get; set; }

        /// <summary>Connect by itself from <see cref="GracelineClient.Start"/> on, and again
        /// after a return. Default: true.</summary>
        public bool AutoEstablishSocketConnection { get; set; } = true;

        /// <summary>Allow ws:// to other hosts than loopback. Default: false.</summary>
        public bool AllowInsecureWsBeyondLoopback { get; set; }

        /// <summary>The WebSocket transport.</summary>
        public TransportKind Transport { get; set; }

        /// <summary>The protocol inside the WebSocket.</summary>
        public SessionKind Session { get; set; }

        /// <summary>The state the app starts in; a push can start a process in
        /// background.</summary>
        public ApplicationState InitialApplicationState { get; set; }

        /// <summary>How long the connection is kept in background: 0 to 1 day, or <see
        /// cref="Timeout.InfiniteTimeSpan"/>. Default: 30 s.</summary>
        public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>How old the newest frame may be for a socket to be trusted after a return.
        /// Default: 5 s.</summary>
        public TimeSpan TrustTime { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>The token; never logged. Not together with <see
        /// cref="TokenProvider"/>.</summary>
        public string Token { get; set; }

        /// <summary>Gives a token when one is needed: before each first attempt and after a
        /// refusal. Null, or an exception: none now, tried again with backoff. Called where events
        /// are raised.</summary>
        public Func<CancellationToken, Task<string>> TokenProvider { get; set; }

        /// <summary>How long the token provider may take. Default: 15 s.</summary>
        public TimeSpan TokenTimeout { get; set; } = TimeSpan.FromSeconds(15);

        /// <summary>Where the token goes. Default: the header Authorization.</summary>
        public TokenPlacement TokenPlacement { get; set; }

        /// <summary>The query parameter's name. Default: token.</summary>
        public string TokenName { get; set; }

        /// <summary>HTTP headers of the upgrade request.</summary>
        public IList<KeyValuePair<string, string>> Headers { get; set; } =
            new List<KeyValuePair<string, string>>();

        /// <summary>Subprotocols, offered in this order.</summary>
        public IList<string> Subprotocols { get; set; } = new List<string>();

        /// <summary>Text frames sent after every connect, such as a subscription.</summary>
        public IList<string> ConnectFrames { get; set; } = new List<string>();

        /// <summary>Offer compression. Default: false.</summary>
        public bool PermessageDeflate { get; set; }

        /// <summary>Both sides compress each message afresh. Default: false.</summary>
        public bool DeflateNoContextTakeover { get; set; }

        /// <summary>To look up the host name. Default: 5 s.</summary>
        public TimeSpan ResolveTimeout { get; set; } = TimeSpan.FromSeconds(5);

        /// <summary>For TCP, TLS and upgrade together. Default: 15 s.</summary>
        public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

        /// <summary>To open the session. Default: 10 s.</summary>
        public TimeSpan SessionTimeout { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>For the close handshake; then the connection is aborted. Default: 1
        /// s.</summary>
        public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(1);

        /// <summary>A ping when nothing arrived for so long. Default: 25 s.</summary>
        public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(25);

        /// <summary>For the answer to a ping. Default: 10 s.</summary>
        public TimeSpan PongTimeout { get; set; } = TimeSpan.FromSeconds(10);

        /// <summary>For the answer to a probe. Default: 2 s.</summary>
        public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(2);

        /// <summary>The first backoff. Default: 500 ms.</summary>
        public TimeSpan BackoffInitial { get; set; } = TimeSpan.FromMilliseconds(500);

        /// <summary>The longest backoff. Default: 30 s.</summary>
        public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(30);

        /// <summary>For how long a lost connection is tried again. Default: without a
        /// limit.</summary>
        public TimeSpan RetryTotal { get; set; } = Timeout.InfiniteTimeSpan;

        /// <summary>How many attempts are made; 0, the default: no limit.</summary>
        public int RetryAttempts { get; set; }

        /// <summary>Rows added to the published table of close codes and HTTP
        /// statuses.</summary>
        public IList<DispositionRow> Dispositions { get; set; } = new List<DispositionRow>();

        /// <summary>The largest message in both directions. Default: 1 MiB.</summary>
        public long MaxMessageBytes { get; set; } = 1048576;

        /// <summary>What is kept for the host before the socket is no longer read. Default: 4
        /// MiB.</summary>
        public long ReceiveQueueBytes { get; set; } = 4194304;

        /// <summary>The most that waits to be sent. Default: 1 MiB.</summary>
        public long OutboxBytes { get; set; } = 1048576;

        /// <summary>The most messages that wait to be sent, or whose fate is not known.
        /// Default: 1,000.</summary>
        public int OutboxMessages { get; set; } = 1000;

        /// <summary>The most fragments of one message. Default: 4,096.</summary>
        public int MaxFragments { get; set; } = 4096;

        /// <summary>Further trusted certificates, PEM text.</summary>
        public string TlsCaPem { get; set; }

        /// <summary>The client's certificate, PEM text.</summary>
        public string TlsClientCertificatePem { get; set; }

        /// <summary>The client's key, PEM text; never logged.</summary>
        public string TlsClientKeyPem { get; set; }

        /// <summary>The name to verify and to send. Default: the URL's.</summary>
        public string TlsServerName { get; set; }

        /// <summary>Public keys, "sha256/BASE64"; give a backup pin too.</summary>
        public IList<string> TlsPins { get; set; } = new List<string>();

        /// <summary>Trust the system's certificates. Default: true.</summary>
        public bool TlsUseSystemStore { get; set; } = true;

        /// <summary>Verify nothing. For tests only. Default: false.</summary>
        public bool TlsInsecureSkipVerification { get; set; }

        /// <summary>Resume TLS sessions. Default: true.</summary>
        public bool TlsResumeSessions { get; set; } = true;

        /// <summary>An HTTP proxy, "http://host:port"; null: none.</summary>
        public string ProxyUrl { get; set; }

        /// <summary>The proxy's user.</summary>
        public string ProxyUser { get; set; }

        /// <summary>The proxy's password; never logged.</summary>
        public string ProxyPassword { get; set; }

        /// <summary>Where a JSON message has its id (RFC 6901); null: raw messages.</summary>
        public string JsonIdPointer { get; set; }

        /// <summary>Where it has its conversation.</summary>
        public string JsonConversationPointer { get; set; }

        /// <summary>Where it has its sender.</summary>
        public string JsonSenderPointer { get; set; }

        /// <summary>Where it has its time.</summary>
        public string JsonTimePointer { get; set; }

        /// <summary>A value here acknowledges the message with that id, and is no message
        /// itself.</summary>
        public string JsonAckPointer { get; set; }

        /// <summary>The library writes the de-duplication id into each outgoing JSON object,
        /// under this name.</summary>
        public string JsonOutgoingIdMember { get; set; }

        /// <summary>The last message that the app has; null: nothing to continue.</summary>
        public string LastMessageId { get; set; }

        /// <summary>Also the first connection asks for a refresh. Default: false.</summary>
        public bool InitialRefreshRequired { get; set; }

        /// <summary>A first page fetched while connected marks a refresh. Default:
        /// true.</summary>
        public bool RefreshByFetch { get; set; } = true;

        /// <summary>Where older and missed messages are fetched; null: nowhere.</summary>
        public HistoryOptions History { get; set; }

        /// <summary>The host's way to ask for background time; null: it is always
        /// granted.</summary>
        public IBackgroundTime BackgroundTime { get; set; }

        /// <summary>The same by C functions; not together with
        /// <see cref="BackgroundTime"/>.</summary>
        public NativeBackgroundTime NativeBackgroundTime { get; set; }

        /// <summary>The most talkative level that <see cref="Log"/> gets. Default:
        /// warnings.</summary>
        public GracelineLogLevel LogLevel { get; set; } = GracelineLogLevel.Warning;

        /// <summary>Gets each log line, without secrets, on a thread of the library.</summary>
        public Action<GracelineLogLevel, string> Log { get; set; }

        /// <summary>Who raises the events. Default: a thread of the client.</summary>
        public EventDelivery Delivery { get; set; }

        /// <summary>Where events are raised, such as a user interface's thread; null: on the
        /// client's thread. Not with <see cref="EventDelivery.Manual"/>.</summary>
        public SynchronizationContext SynchronizationContext { get; set; }

        /// <summary>Drop messages while there is neither a handler nor a reader. Default:
        /// false; they wait, and the socket is not read once the queue is full.</summary>
        public bool DiscardUnhandledMessages { get; set; }
    }
}
