// TimeSpans to the milliseconds of the C API and back; Timeout.InfiniteTimeSpan is "unlimited".
// Must not round a short time to none: a part of a millisecond counts as one.
using System;
using System.Threading;

namespace Graceline
{
    internal static class Durations
    {
        internal const long Unlimited = -1;

        internal static long ToNative(TimeSpan time)
        {
            if (time == Timeout.InfiniteTimeSpan) return Unlimited;
            long milliseconds = time.Ticks / TimeSpan.TicksPerMillisecond;
            if (time.Ticks % TimeSpan.TicksPerMillisecond > 0) milliseconds++;
            // -1 ms and what rounds to it would read as "unlimited"; C refuses other negatives.
            return time.Ticks < 0 ? Math.Min(milliseconds, -2) : milliseconds;
        }

        internal static TimeSpan FromNative(long milliseconds)
        {
            return milliseconds == Unlimited
                ? Timeout.InfiniteTimeSpan
                : TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond);
        }

        internal static TimeSpan? FromNativeOrNone(long milliseconds)
        {
            return milliseconds < 0 ? (TimeSpan?)null : FromNative(milliseconds);
        }

        internal static TimeSpan? FromMicroseconds(long microseconds)
        {
            return microseconds < 0
                ? (TimeSpan?)null
                : TimeSpan.FromTicks(microseconds * (TimeSpan.TicksPerMillisecond / 1000));
        }
    }
}
