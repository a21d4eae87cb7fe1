// Background time by C functions of the host, for systems whose code is C already (iOS in Unity).
// Must hold nothing managed.
using System;

namespace Graceline
{
    /// <summary>C functions that ask for background time, with the types of graceline.h; the
    /// library's threads then call no managed code.</summary>
    public sealed class NativeBackgroundTime
    {
        /// <summary>Takes the functions.</summary>
        /// <param name="begin">A graceline_begin_background_time_fn.</param>
        /// <param name="end">A graceline_end_background_time_fn.</param>
        /// <param name="remaining">A graceline_remaining_background_time_fn, or zero.</param>
        /// <param name="userData">Given to each of them.</param>
        public NativeBackgroundTime(IntPtr begin, IntPtr end, IntPtr remaining,
                                    IntPtr userData = default)
        {
            Begin = begin;
            End = end;
            Remaining = remaining;
            UserData = userData;
        }

        /// <summary>Asks for background time.</summary>
        public IntPtr Begin { get; }

        /// <summary>Gives it back.</summary>
        public IntPtr End { get; }

        /// <summary>What remains.</summary>
        public IntPtr Remaining { get; }

        /// <summary>Given to each of them.</summary>
        public IntPtr UserData { get; }
    }
}
