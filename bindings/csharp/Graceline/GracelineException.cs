// The one exception of this library for what the network, the server or the library refuses.
// Must not stand for bad arguments: those are ArgumentException and ObjectDisposedException.
using System;

namespace Graceline
{
    /// <summary>A call could not be carried out, or a wait ended without its goal.</summary>
    public class GracelineException : Exception
    {
        /// <summary>Makes an exception with all it tells.</summary>
        /// <param name="message">A text for people.</param>
        /// <param name="code">What the call answered.</param>
        /// <param name="reason">Why, where it is known.</param>
        /// <param name="httpStatus">The HTTP status of the server's answer, or 0.</param>
        /// <param name="closeCode">The WebSocket close code, or 0.</param>
        public GracelineException(string message, GracelineStatus code, Reason reason = Reason.None,
                                  int httpStatus = 0, int closeCode = 0) : base(message)
        {
            Code = code;
            Reason = reason;
            HttpStatus = httpStatus;
            CloseCode = closeCode;
        }

        /// <summary>What the call answered.</summary>
        public GracelineStatus Code { get; }

        /// <summary>Why, where it is known.</summary>
        public Reason Reason { get; }

        /// <summary>The HTTP status of the server's answer, or 0.</summary>
        public int HttpStatus { get; }

        /// <summary>The WebSocket close code, or 0.</summary>
        public int CloseCode { get; }

        /// <summary>What the server advised, or the next planned attempt; null: neither.</summary>
        public TimeSpan? RetryIn { get; internal set; }

        internal static unsafe void ThrowIfFailed(GracelineStatus status)
        {
            if (status != GracelineStatus.Ok) throw From(status);
        }

        /// <summary>The exception for a status, with the text that C kept for this
        /// thread.</summary>
        internal static unsafe Exception From(GracelineStatus status)
        {
            string text = Utf8.Read(Native.graceline_last_error_text());
            if (status == GracelineStatus.InvalidArgument) return OptionNames.Refused(text);
            text = OptionNames.InCSharp(text);
            if (status == GracelineStatus.NoMemory) return new OutOfMemoryException(text);
            if (status == GracelineStatus.Closed)
            {
                return new ObjectDisposedException(nameof(GracelineClient), text);
            }
            return new GracelineException(text, status);
        }
    }
}
