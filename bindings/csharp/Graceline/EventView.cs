// Every event that is not a message, where it lies: for logs, tests and bindings of other layers.
// Must not outlive the call that gives it.
using System;

namespace Graceline
{
    /// <summary>One event that is not a message. Which members count stands at the event's type in
    /// graceline.h.</summary>
    public readonly unsafe ref struct EventView
    {
        private readonly NativeEvent* _event;

        internal EventView(NativeEvent* at)
        {
            _event = at;
        }

        private NativeEventDetails* Details => _event->details;

        /// <summary>What happened.</summary>
        public EventType Type => (EventType)_event->type;

        /// <summary>1, 2, 3 ... in the order of this client's events.</summary>
        public long Sequence => (long)_event->sequence;

        /// <summary>When, on the library's clock.</summary>
        public long TimeMilliseconds => _event->time_ms;

        /// <summary>The published status.</summary>
        public ConnectionStatus ConnectionStatus => (ConnectionStatus)Details->connection_status;

        /// <summary>What the connection does.</summary>
        public ConnectionPhase Phase => (ConnectionPhase)Details->phase;

        /// <summary>Why.</summary>
        public Reason Reason => (Reason)Details->reason;

        /// <summary>Number of the attempt since the last stable connection.</summary>
        public int Attempt => Details->attempt;

        /// <summary>The WebSocket close code, or 0.</summary>
        public int CloseCode => Details->close_code;

        /// <summary>The HTTP status, or 0.</summary>
        public int HttpStatus => Details->http_status;

        /// <summary>How a background task ended.</summary>
        public TaskCause TaskCause => (TaskCause)Details->task_cause;

        /// <summary>What is known of a gap.</summary>
        public GapVerdict GapVerdict => (GapVerdict)Details->gap_verdict;

        /// <summary>What to do after a return.</summary>
        public ReturnVerdict ReturnVerdict => (ReturnVerdict)Details->return_verdict;

        /// <summary>What became of outgoing messages.</summary>
        public SendFate Fate => (SendFate)Details->fate;

        /// <summary>How many equal events this one stands for.</summary>
        public int CoalescedCount => (int)Details->coalesced_count;

        /// <summary>Number of the background task.</summary>
        public long TaskNumber => (long)Details->task_number;

        /// <summary>Number of the gap.</summary>
        public long GapNumber => (long)Details->gap_number;

        /// <summary>The first message that a fate is about.</summary>
        public long FirstId => (long)Details->first_id;

        /// <summary>The last message that a fate is about.</summary>
        public long LastId => (long)Details->last_id;

        /// <summary>When it is tried again; null: no retry is planned.</summary>
        public TimeSpan? RetryIn => Durations.FromNativeOrNone(Details->retry_in_ms);

        /// <summary>The length of the gap.</summary>
        public TimeSpan GapTime => TimeSpan.FromMilliseconds(Details->gap_ms);

        /// <summary>The measured round trip; null: none.</summary>
        public TimeSpan? RoundTrip => Durations.FromMicroseconds(Details->round_trip_us);

        /// <summary>Of a token, a fetch or a request.</summary>
        public long RequestId => (long)Details->request_id;

        /// <summary>How a request ended.</summary>
        public GracelineStatus RequestStatus => (GracelineStatus)Details->request_status;

        /// <summary>Whether a page came with it.</summary>
        public bool HasPage => Details->page != null;

        /// <summary>For people. A new string each time.</summary>
        public string Text => Utf8.Read(Details->text);

        /// <summary>Refresh since this message, or null. A new string each time.</summary>
        public string SinceId => Utf8.Read(Details->since_id);

        internal NativeEvent* Native => _event;

        /// <summary>A copy of the page that the host shall fetch, or null.</summary>
        /// <returns>What to fetch.</returns>
        public PageFetch ReadFetch()
        {
            return Details->fetch == null ? null : new PageFetch(Details->fetch);
        }

        /// <summary>A copy of the page of a request that succeeded, or null.</summary>
        /// <returns>The page.</returns>
        public Page ReadPage()
        {
            return Details->page == null ? null : new Page(Details->page);
        }
    }

    /// <summary>Takes an event where it lies.</summary>
    /// <param name="client">The client.</param>
    /// <param name="happened">Valid until the handler returns.</param>
    public delegate void EventHandlerByView(GracelineClient client, EventView happened);
}
