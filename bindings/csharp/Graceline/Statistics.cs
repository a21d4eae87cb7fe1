// The counters of a client since it was made.
// Must not change after it was taken.
namespace Graceline
{
    /// <summary>Counters since the client was made.</summary>
    public sealed unsafe class Statistics
    {
        internal Statistics(NativeStatistics* from)
        {
            MessagesReceivedCount = (long)from->messages_received_count;
            BytesReceived = (long)from->bytes_received;
            FramesReceivedCount = (long)from->frames_received_count;
            MessagesSentCount = (long)from->messages_sent_count;
            PingsSentCount = (long)from->pings_sent_count;
            ConnectionsCount = (long)from->connections_count;
            AttemptsCount = (long)from->attempts_count;
            GapsCount = (long)from->gaps_count;
            TasksCount = (long)from->tasks_count;
            DiscardedReadsCount = (long)from->discarded_reads_count;
            ReadingPausedCount = (long)from->reading_paused_count;
            QueueBytes = (long)from->queue_bytes;
            QueuePeakBytes = (long)from->queue_peak_bytes;
            EventsCoalescedCount = (long)from->events_coalesced_count;
            SlowHooksCount = (long)from->slow_hooks_count;
            DuplicatesDroppedCount = (long)from->duplicates_dropped_count;
            MessagesReplayedCount = (long)from->messages_replayed_count;
            PagesFetchedCount = (long)from->pages_fetched_count;
            HeldBytes = (long)from->held_bytes;
            HeldPeakBytes = (long)from->held_peak_bytes;
            OutboxCount = (long)from->outbox_count;
            OutboxBytes = (long)from->outbox_bytes;
        }

        /// <summary>Messages received.</summary>
        public long MessagesReceivedCount { get; }

        /// <summary>Raw bytes of the WebSocket.</summary>
        public long BytesReceived { get; }

        /// <summary>Frames received.</summary>
        public long FramesReceivedCount { get; }

        /// <summary>Messages sent.</summary>
        public long MessagesSentCount { get; }

        /// <summary>Pings sent.</summary>
        public long PingsSentCount { get; }

        /// <summary>Times the connection came up.</summary>
        public long ConnectionsCount { get; }

        /// <summary>Attempts to connect.</summary>
        public long AttemptsCount { get; }

        /// <summary>Gaps.</summary>
        public long GapsCount { get; }

        /// <summary>Background tasks.</summary>
        public long TasksCount { get; }

        /// <summary>Reads after a deadline, thrown away.</summary>
        public long DiscardedReadsCount { get; }

        /// <summary>Times back-pressure stopped reading.</summary>
        public long ReadingPausedCount { get; }

        /// <summary>Memory of the queue and of batches held by the host.</summary>
        public long QueueBytes { get; }

        /// <summary>The most that the queue ever held.</summary>
        public long QueuePeakBytes { get; }

        /// <summary>Events that were merged with others.</summary>
        public long EventsCoalescedCount { get; }

        /// <summary>Hooks that took over 50 ms.</summary>
        public long SlowHooksCount { get; }

        /// <summary>Messages whose id had been delivered already.</summary>
        public long DuplicatesDroppedCount { get; }

        /// <summary>Delivered by catch-ups.</summary>
        public long MessagesReplayedCount { get; }

        /// <summary>Pages of history fetched.</summary>
        public long PagesFetchedCount { get; }

        /// <summary>Live messages that wait behind a page now.</summary>
        public long HeldBytes { get; }

        /// <summary>The most that ever waited so.</summary>
        public long HeldPeakBytes { get; }

        /// <summary>Messages without a fate.</summary>
        public long OutboxCount { get; }

        /// <summary>Of those that are kept.</summary>
        public long OutboxBytes { get; }

        /// <summary>For logs: the counters that are asked for most.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return MessagesReceivedCount + " messages received, " + MessagesSentCount + " sent, " +
                   OutboxCount + " without a fate, " + ConnectionsCount + " connections, " +
                   GapsCount + " gaps, " + TasksCount + " background tasks";
        }
    }
}
