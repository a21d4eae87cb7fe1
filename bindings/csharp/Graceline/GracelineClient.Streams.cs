// Messages as asynchronous sequences, and those that wait because nobody listens yet.
// Must not take a batch out of its bound: what is not released counts as queue, and stops the
// socket.
using System;
using System.Collections.Generic;
using System.Threading;

namespace Graceline
{
    /// <summary>A run of messages in a batch.</summary>
    internal struct MessageSegment
    {
        internal NativeBatch Batch;
        internal int First;
        internal int End;
    }

    public sealed partial class GracelineClient
    {
        private readonly object _streamGate = new object();
        private readonly List<BatchReader> _readers = new List<BatchReader>();
        private readonly Queue<MessageSegment> _held = new Queue<MessageSegment>();
        private volatile int _heldCount;
        private bool _streamsEnded;

        /// <summary>All messages from now on, and those that nobody has taken yet, one by one, as
        /// objects that may be kept. A reader that is slow slows the server: the socket is not read
        /// while the queue is full.</summary>
        /// <param name="cancellationToken">Ends the reading.</param>
        /// <returns>The sequence; each enumeration is one reader of all messages.</returns>
        public IAsyncEnumerable<Message> Messages(CancellationToken cancellationToken = default)
        {
            return new MessageSequence(this, cancellationToken);
        }

        /// <summary>The same in batches, where they lie: nothing is allocated for a
        /// message.</summary>
        /// <param name="cancellationToken">Ends the reading.</param>
        /// <returns>The sequence; a batch is valid until the next one is asked for.</returns>
        public IAsyncEnumerable<MessageBatch> Batches(CancellationToken cancellationToken = default)
        {
            return new BatchSequence(this, cancellationToken);
        }

        internal BatchReader OpenReader(CancellationToken token, CancellationToken second)
        {
            if (IsDisposed) throw new ObjectDisposedException(nameof(GracelineClient));
            EnsurePump();
            var reader = new BatchReader(this, token, second);
            lock (_streamGate)
            {
                while (TryTakeHeld(out MessageSegment segment)) reader.Push(segment);
                if (_streamsEnded) reader.End();
                else _readers.Add(reader);
            }
            return reader;
        }

        internal void CloseReader(BatchReader reader)
        {
            lock (_streamGate) _readers.Remove(reader);
        }

        private void PushToStreams(NativeBatch batch, int first, int end, bool isHandled)
        {
            var segment = new MessageSegment { Batch = batch, First = first, End = end };
            foreach (BatchReader reader in _readers)
            {
                batch.AddUser();
                reader.Push(segment);
            }
            if (isHandled || _readers.Count > 0 || _discardsUnhandled) return;
            batch.AddUser();
            _held.Enqueue(segment);
            _heldCount = _held.Count;
        }

        private bool TryTakeHeld(out MessageSegment segment)
        {
            segment = default;
            if (_held.Count == 0) return false;
            segment = _held.Dequeue();
            _heldCount = _held.Count;
            return true;
        }

        /// <summary>For the finaliser: no other code sees these objects any more.</summary>
        private void ReleaseUnread()
        {
            while (TryTakeHeld(out MessageSegment segment)) segment.Batch.RemoveUser();
            foreach (BatchReader reader in _readers) reader.ReleaseUnread();
            while (_posted.TryDequeue(out NativeBatch batch)) batch.RemoveUser();
            _unfinished?.RemoveUser();
            _unfinished = null;
        }

        private void EndStreams()
        {
            lock (_streamGate)
            {
                _streamsEnded = true;
                foreach (BatchReader reader in _readers) reader.End();
                _readers.Clear();
                if (!IsDisposed) return;
                while (TryTakeHeld(out MessageSegment segment)) segment.Batch.RemoveUser();
            }
        }
    }
}
