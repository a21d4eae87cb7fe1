// What the events of a client tell: small objects that may be kept.
// Must not hold anything of the native batch.
using System;

namespace Graceline
{
    /// <summary>The status of the connection changed.</summary>
    public sealed class StatusChangedEventArgs : EventArgs
    {
        internal StatusChangedEventArgs(in EventView view)
        {
            Status = view.ConnectionStatus;
            Phase = view.Phase;
            Reason = view.Reason;
            Attempt = view.Attempt;
            RetryIn = view.RetryIn;
            CloseCode = view.CloseCode;
            HttpStatus = view.HttpStatus;
            Text = view.Text;
        }

        /// <summary>The published status.</summary>
        public ConnectionStatus Status { get; }

        /// <summary>What the connection does.</summary>
        public ConnectionPhase Phase { get; }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>Number of the attempt since the last stable connection.</summary>
        public int Attempt { get; }

        /// <summary>When it is tried again; null: no retry is planned.</summary>
        public TimeSpan? RetryIn { get; }

        /// <summary>The WebSocket close code, or 0.</summary>
        public int CloseCode { get; }

        /// <summary>The HTTP status, or 0.</summary>
        public int HttpStatus { get; }

        /// <summary>For people; never a secret.</summary>
        public string Text { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return Status + ", " + Phase + ": " + Text;
        }
    }

    /// <summary>A background task began or ended.</summary>
    public sealed class BackgroundTaskEventArgs : EventArgs
    {
        internal BackgroundTaskEventArgs(in EventView view)
        {
            TaskNumber = view.TaskNumber;
            Cause = view.TaskCause;
            Reason = view.Reason;
        }

        /// <summary>1, 2, 3 ...</summary>
        public long TaskNumber { get; }

        /// <summary>How it ended; None when it began.</summary>
        public TaskCause Cause { get; }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return "task " + TaskNumber + ": " + Cause + ", " + Reason;
        }
    }

    /// <summary>What is on screen may be stale.</summary>
    public sealed class RefreshNeededEventArgs : EventArgs
    {
        internal RefreshNeededEventArgs(in EventView view)
        {
            Reason = view.Reason;
            SinceId = view.SinceId;
        }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>The last message before which nothing is missing, or null.</summary>
        public string SinceId { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return "refresh needed: " + Reason;
        }
    }

    /// <summary>The answer to a return: skip the refresh, or refresh.</summary>
    public sealed class ReturnJudgedEventArgs : EventArgs
    {
        internal ReturnJudgedEventArgs(in EventView view)
        {
            Verdict = view.ReturnVerdict;
            Reason = view.Reason;
        }

        /// <summary>What to do.</summary>
        public ReturnVerdict Verdict { get; }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return Verdict + ": " + Reason;
        }
    }

    /// <summary>What is known of the messages of one gap.</summary>
    public sealed class GapJudgedEventArgs : EventArgs
    {
        internal GapJudgedEventArgs(in EventView view)
        {
            GapNumber = view.GapNumber;
            Verdict = view.GapVerdict;
            Length = view.GapTime;
            Reason = view.Reason;
        }

        /// <summary>1, 2, 3 ...</summary>
        public long GapNumber { get; }

        /// <summary>Complete, recovered, gap or unknown.</summary>
        public GapVerdict Verdict { get; }

        /// <summary>How long the connection was not up.</summary>
        public TimeSpan Length { get; }

        /// <summary>Why.</summary>
        public Reason Reason { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return "gap " + GapNumber + " of " + Length + ": " + Verdict + ", " + Reason;
        }
    }
}
