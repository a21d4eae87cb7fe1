// The thread that sleeps inside the library until there are events, and hands each batch on.
// Must hold its client weakly, or a forgotten one would never be closed; only what is awaited pins
// it.
using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    internal sealed class PumpThread
    {
        private const int StackBytes = 512 * 1024;
        private const int ScrubbedBytes = 2048;
        private const int MostSleeps = 256;
        private const int MostOfAnEcho = 8;
        // 40 µs; none where the looking would take the only CPU from who shall answer.
        private static readonly long LookTicks =
            Environment.ProcessorCount > 1 ? Stopwatch.Frequency / 25000 : 0;

        private readonly ClientHandle _handle;
        private readonly WeakReference<GracelineClient> _client;
        private readonly TaskCompletionSource<bool> _ended =
            new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly object _pinGate = new object();
        // A client that lives for a moment only never looks.
        private int _sleepsBeforeLook = 16;
        private int _sleepsAfterVainLook = 1;
        private int _lastCount;
        private int _pins;
        // Read by nobody: the thread's stack holds this object, and so the client.
        private GracelineClient _pinned;

        private PumpThread(GracelineClient client)
        {
            _handle = client.Handle;
            _client = new WeakReference<GracelineClient>(client);
        }

        internal Task Ended => _ended.Task;

        internal static PumpThread Start(GracelineClient client)
        {
            var pump = new PumpThread(client);
            // Here, not on the new thread: a Dispose that comes before it runs must still find a
            // pump that reads the last fates.
            bool referenced = false;
            pump._handle.DangerousAddRef(ref referenced);
            var thread = new Thread(pump.Run, StackBytes)
            {
                IsBackground = true,
                Name = "graceline events"
            };
            try
            {
                thread.Start();
            }
            catch
            {
                pump._handle.DangerousRelease();
                throw;
            }
            return pump;
        }

        internal void Pin(GracelineClient client)
        {
            lock (_pinGate)
            {
                if (_pins++ == 0) _pinned = client;
            }
        }

        internal void Unpin()
        {
            lock (_pinGate)
            {
                if (--_pins == 0) _pinned = null;
            }
        }

        internal bool IsPinned => _pinned != null;

        private void Run()
        {
            try
            {
                IntPtr raw = _handle.DangerousGetHandle();
                while (PumpOnce(raw))
                {
                }
            }
            finally
            {
                _handle.DangerousRelease();
                End();
                _ended.TrySetResult(true);
            }
        }

        private bool PumpOnce(IntPtr raw)
        {
            if (!LookBeforeSleep(raw, out GracelineStatus status, out IntPtr batch))
            {
                status = Native.graceline_client_poll(raw, Durations.Unlimited, 0, out batch);
            }
            if (batch != IntPtr.Zero)
            {
                NativeBatch taken = NativeBatch.Take(batch);
                _lastCount = taken.Count;
                HandOn(taken);
                Scrub();
            }
            if (status == GracelineStatus.NoMemory) Thread.Yield();
            return status == GracelineStatus.Ok || status == GracelineStatus.NoMemory;
        }

        /// <summary>Where answers follow each other at once, sleep and wake-up cost more than all
        /// the rest; so it looks for a moment first, and ever more rarely where that is vain.
        /// In a flood it sleeps: the CPU is better used by those who fill the next batch.
        /// </summary>
        private bool LookBeforeSleep(IntPtr raw, out GracelineStatus status, out IntPtr batch)
        {
            status = GracelineStatus.Ok;
            batch = IntPtr.Zero;
            if (LookTicks == 0 || _lastCount > MostOfAnEcho) return false;
            if (_sleepsBeforeLook > 0)
            {
                _sleepsBeforeLook--;
                return false;
            }
            long end = Stopwatch.GetTimestamp() + LookTicks;
            do
            {
                status = Native.graceline_client_poll(raw, 0, 0, out batch);
                if (batch != IntPtr.Zero || status != GracelineStatus.Ok)
                {
                    _sleepsAfterVainLook = 1;
                    return true;
                }
                Thread.SpinWait(8);
                Thread.Yield();
            } while (Stopwatch.GetTimestamp() < end);
            _sleepsBeforeLook = _sleepsAfterVainLook;
            _sleepsAfterVainLook = Math.Min(_sleepsAfterVainLook * 2, MostSleeps);
            return false;
        }

        // A frame of its own, so that no local of it keeps the client alive while the thread
        // sleeps.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private void HandOn(NativeBatch batch)
        {
            if (_client.TryGetTarget(out GracelineClient client)) client.TakeBatch(batch);
            else batch.RemoveUser();
        }

        // Mono scans stacks as they are, old frames under the call of C included.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private static unsafe void Scrub()
        {
            byte* old = stackalloc byte[ScrubbedBytes];
            new Span<byte>(old, ScrubbedBytes).Clear();
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void End()
        {
            if (_client.TryGetTarget(out GracelineClient client)) client.EndWaits();
        }
    }
}
