// The asynchronous readers of messages, by hand: C# 7.3 has no async iterators, and Unity's has
// not. Must allocate nothing for a message, and nothing for a batch once it runs.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using System.Threading.Tasks.Sources;

namespace Graceline
{
    /// <summary>Messages that came together, where they lie. Valid until the next batch is asked
    /// for, or until it is disposed; copy what you keep.</summary>
    public sealed class MessageBatch : IDisposable
    {
        private MessageSegment _segment;

        internal MessageBatch()
        {
        }

        /// <summary>How many messages.</summary>
        public int Count => _segment.End - _segment.First;

        /// <summary>The messages. The view must not be used once the batch is over.</summary>
        public MessageBatchView View
        {
            get
            {
                if (_segment.Batch == null) throw new ObjectDisposedException(nameof(MessageBatch));
                return new MessageBatchView(_segment.Batch, _segment.First, _segment.End);
            }
        }

        /// <summary>For foreach.</summary>
        /// <returns>The enumerator.</returns>
        public MessageBatchView.Enumerator GetEnumerator()
        {
            return View.GetEnumerator();
        }

        /// <summary>Gives the memory back before the next batch is asked for.</summary>
        public void Dispose()
        {
            NativeBatch batch = _segment.Batch;
            _segment = default;
            batch?.RemoveUser();
        }

        internal void Set(MessageSegment segment)
        {
            _segment = segment;
        }

        internal Message ToMessage(int index)
        {
            return View[index].ToMessage();
        }
    }

    internal sealed class BatchSequence : IAsyncEnumerable<MessageBatch>
    {
        private readonly GracelineClient _client;
        private readonly CancellationToken _token;

        internal BatchSequence(GracelineClient client, CancellationToken token)
        {
            _client = client;
            _token = token;
        }

        public IAsyncEnumerator<MessageBatch> GetAsyncEnumerator(CancellationToken token)
        {
            return _client.OpenReader(_token, token);
        }
    }

    internal sealed class MessageSequence : IAsyncEnumerable<Message>
    {
        private readonly GracelineClient _client;
        private readonly CancellationToken _token;

        internal MessageSequence(GracelineClient client, CancellationToken token)
        {
            _client = client;
            _token = token;
        }

        public IAsyncEnumerator<Message> GetAsyncEnumerator(CancellationToken token)
        {
            return new MessageReader(_client.OpenReader(_token, token));
        }
    }

    internal sealed class BatchReader : IAsyncEnumerator<MessageBatch>, IValueTaskSource<bool>
    {
        private readonly GracelineClient _client;
        private readonly object _gate = new object();
        private readonly Queue<MessageSegment> _queue = new Queue<MessageSegment>();
        private readonly CancellationToken _token;
        private readonly CancellationToken _second;
        private readonly CancellationTokenRegistration _registration;
        private readonly CancellationTokenRegistration _secondRegistration;
        // Not readonly: it is a struct that changes.
        private ManualResetValueTaskSourceCore<bool> _source;
        private bool _waiting;
        private bool _ended;

        internal BatchReader(GracelineClient client, CancellationToken token,
                             CancellationToken second)
        {
            _client = client;
            _token = token;
            _second = second == token ? CancellationToken.None : second;
            _source.RunContinuationsAsynchronously = true;
            if (_token.CanBeCanceled) _registration = _token.Register(Cancel);
            if (_second.CanBeCanceled) _secondRegistration = _second.Register(Cancel);
        }

        public MessageBatch Current { get; } = new MessageBatch();

        private CancellationToken Cancelled =>
            _token.IsCancellationRequested ? _token : _second;

        public ValueTask<bool> MoveNextAsync()
        {
            Current.Dispose();
            if (_token.IsCancellationRequested || _second.IsCancellationRequested)
            {
                return new ValueTask<bool>(Task.FromCanceled<bool>(Cancelled));
            }
            lock (_gate)
            {
                if (_waiting)
                {
                    throw new InvalidOperationException("the last MoveNextAsync() is not over yet");
                }
                if (_queue.Count > 0)
                {
                    Current.Set(_queue.Dequeue());
                    return new ValueTask<bool>(true);
                }
                if (_ended) return new ValueTask<bool>(false);
                _source.Reset();
                _waiting = true;
                _client.Pin();
                return new ValueTask<bool>(this, _source.Version);
            }
        }

        public ValueTask DisposeAsync()
        {
            _client.CloseReader(this);
            _registration.Dispose();
            _secondRegistration.Dispose();
            End();
            lock (_gate) ReleaseUnread();
            return default;
        }

        public bool GetResult(short token)
        {
            return _source.GetResult(token);
        }

        public ValueTaskSourceStatus GetStatus(short token)
        {
            return _source.GetStatus(token);
        }

        public void OnCompleted(Action<object> continuation, object state, short token,
                                ValueTaskSourceOnCompletedFlags flags)
        {
            _source.OnCompleted(continuation, state, token, flags);
        }

        /// <summary>Takes over one user of the segment's batch.</summary>
        internal void Push(MessageSegment segment)
        {
            lock (_gate)
            {
                if (_ended)
                {
                    segment.Batch.RemoveUser();
                    return;
                }
                if (!_waiting)
                {
                    _queue.Enqueue(segment);
                    return;
                }
                _waiting = false;
                Current.Set(segment);
            }
            _client.Unpin();
            _source.SetResult(true);
        }

        internal void End()
        {
            lock (_gate)
            {
                _ended = true;
                if (!_waiting) return;
                _waiting = false;
            }
            _client.Unpin();
            _source.SetResult(false);
        }

        internal void ReleaseUnread()
        {
            while (_queue.Count > 0) _queue.Dequeue().Batch.RemoveUser();
            Current.Dispose();
        }

        private void Cancel()
        {
            lock (_gate)
            {
                if (!_waiting) return;
                _waiting = false;
            }
            _client.Unpin();
            _source.SetException(new OperationCanceledException(Cancelled));
        }
    }

    internal sealed class MessageReader : IAsyncEnumerator<Message>
    {
        private readonly BatchReader _batches;
        private int _next;

        internal MessageReader(BatchReader batches)
        {
            _batches = batches;
        }

        public Message Current { get; private set; }

        public ValueTask<bool> MoveNextAsync()
        {
            if (_next < _batches.Current.Count) return new ValueTask<bool>(Take());
            ValueTask<bool> moved = _batches.MoveNextAsync();
            if (!moved.IsCompletedSuccessfully) return WaitAndTake(moved);
            return new ValueTask<bool>(moved.Result && TakeFirst());
        }

        public ValueTask DisposeAsync()
        {
            return _batches.DisposeAsync();
        }

        private async ValueTask<bool> WaitAndTake(ValueTask<bool> moved)
        {
            return await moved.ConfigureAwait(false) && TakeFirst();
        }

        private bool TakeFirst()
        {
            _next = 0;
            return Take();
        }

        private bool Take()
        {
            Current = _batches.Current.ToMessage(_next++);
            return true;
        }
    }
}
