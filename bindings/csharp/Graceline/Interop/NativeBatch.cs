// One batch of the C API with a count of its users; the last one gives it back.
// Must not be made anew for each batch: the objects are pooled, so a flood allocates nothing.
using System;
using System.Collections.Concurrent;
using System.Threading;

namespace Graceline
{
    internal sealed unsafe class NativeBatch
    {
        private const int MostPooled = 64;
        private static readonly ConcurrentBag<NativeBatch> Pool = new ConcurrentBag<NativeBatch>();

        private static int _stride;

        private IntPtr _batch;
        private byte* _events;
        private int _users;

        private NativeBatch()
        {
        }

        internal int Count { get; private set; }

        /// <summary>How far a delivery by time budget has come.</summary>
        internal int Cursor { get; set; }

        internal static NativeBatch Take(IntPtr batch)
        {
            if (_stride == 0) _stride = (int)Native.graceline_batch_stride_bytes();
            if (!Pool.TryTake(out NativeBatch taken)) taken = new NativeBatch();
            taken._batch = batch;
            taken._events = (byte*)Native.graceline_batch_events(batch);
            taken.Count = (int)Native.graceline_batch_count(batch);
            taken.Cursor = 0;
            taken._users = 1;
            return taken;
        }

        internal NativeEvent* At(int index)
        {
            return (NativeEvent*)(_events + (long)index * _stride);
        }

        internal static int Stride => _stride;

        /// <summary>The end of the run of messages that begins at
        /// <paramref name="first"/>.</summary>
        internal int EndOfMessages(int first, int bound)
        {
            byte* at = _events + (long)first * _stride;
            int index = first;
            while (index < bound && ((NativeEvent*)at)->type == (uint)EventType.Message)
            {
                at += _stride;
                index++;
            }
            return index;
        }

        internal void AddUser()
        {
            Interlocked.Increment(ref _users);
        }

        internal void RemoveUser()
        {
            if (Interlocked.Decrement(ref _users) != 0) return;
            IntPtr batch = _batch;
            _batch = IntPtr.Zero;
            _events = null;
            Native.graceline_batch_release(batch);
            if (Pool.Count < MostPooled) Pool.Add(this);
        }
    }
}
