// What a host with an operating system that grants background time implements.
// Must not be called under a lock of this library; it may call the client.
using System;
using System.Threading;

namespace Graceline
{
    /// <summary>The host's way to ask its operating system for background time.</summary>
    public interface IBackgroundTime
    {
        /// <summary>Asks for background time. Runs inside the call that begins the task.</summary>
        /// <param name="remaining">What the system grants, or
        /// <see cref="Timeout.InfiniteTimeSpan"/> where it does not say.</param>
        /// <returns>An id, or 0: refused.</returns>
        long Begin(out TimeSpan remaining);

        /// <summary>Gives the time back: exactly once for each id, on a thread of the
        /// library.</summary>
        /// <param name="id">What <see cref="Begin"/> returned.</param>
        void End(long id);

        /// <summary>What remains now, or <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
        TimeSpan Remaining { get; }
    }
}
