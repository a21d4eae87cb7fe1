// Messages where they lie, in the library's own memory: nothing is copied, nothing is allocated.
// Must not outlive the call or the batch that gave it; the compiler keeps it off the heap.
using System;
using System.Text;

namespace Graceline
{
    /// <summary>One message of a batch, where it lies. Copy what you keep, or call
    /// <see cref="ToMessage"/>.</summary>
    public readonly unsafe ref struct MessageView
    {
        private readonly NativeEvent* _event;

        internal MessageView(NativeEvent* at)
        {
            _event = at;
        }

        /// <summary>The payload's bytes.</summary>
        public ReadOnlySpan<byte> Data => new ReadOnlySpan<byte>(_event->data, (int)_event->size);

        /// <summary>What kind of message it is, and how it came.</summary>
        public MessageFlags Flags => (MessageFlags)_event->flags;

        /// <summary>1, 2, 3 ... in the order of this client's events.</summary>
        public long Sequence => (long)_event->sequence;

        /// <summary>When it came, on the library's clock; only differences have a
        /// meaning.</summary>
        public long TimeMilliseconds => _event->time_ms;

        /// <summary>Whether it has an id, a conversation, a sender or a time.</summary>
        public bool HasFields => _event->fields != null;

        /// <summary>The id as UTF-8, without a copy; empty where there is none.</summary>
        public ReadOnlySpan<byte> IdUtf8 =>
            _event->fields == null ? default : Utf8.Span(_event->fields->id);

        /// <summary>The conversation as UTF-8, without a copy; empty where there is none.</summary>
        public ReadOnlySpan<byte> ConversationUtf8 =>
            _event->fields == null ? default : Utf8.Span(_event->fields->conversation);

        /// <summary>The server's id, or null. A new string each time.</summary>
        public string Id => _event->fields == null ? null : Utf8.Read(_event->fields->id);

        /// <summary>The conversation, or null. A new string each time.</summary>
        public string Conversation =>
            _event->fields == null ? null : Utf8.Read(_event->fields->conversation);

        /// <summary>The sender, or null. A new string each time.</summary>
        public string Sender => _event->fields == null ? null : Utf8.Read(_event->fields->sender);

        /// <summary>The time as the server wrote it, or null. A new string each time.</summary>
        public string Time => _event->fields == null ? null : Utf8.Read(_event->fields->time);

        /// <summary>The payload as text. A new string each time.</summary>
        /// <returns>The text.</returns>
        public string GetText()
        {
            return _event->size == UIntPtr.Zero
                ? string.Empty
                : Encoding.UTF8.GetString(_event->data, (int)_event->size);
        }

        /// <summary>A copy that may be kept.</summary>
        /// <returns>The copy.</returns>
        public Message ToMessage()
        {
            return new Message(this);
        }
    }

    /// <summary>Messages that came together, where they lie; valid during the call that gives it.
    /// </summary>
    public readonly unsafe ref struct MessageBatchView
    {
        private readonly byte* _first;

        internal MessageBatchView(NativeBatch batch, int first, int end)
        {
            _first = (byte*)batch.At(first);
            Count = end - first;
        }

        /// <summary>How many messages.</summary>
        public int Count { get; }

        /// <summary>One message.</summary>
        /// <param name="index">0 to <see cref="Count"/> - 1.</param>
        public MessageView this[int index]
        {
            get
            {
                if ((uint)index >= (uint)Count)
                {
                    throw new ArgumentOutOfRangeException(nameof(index));
                }
                return new MessageView((NativeEvent*)(_first + (long)index * NativeBatch.Stride));
            }
        }

        /// <summary>For foreach.</summary>
        /// <returns>The enumerator.</returns>
        public Enumerator GetEnumerator()
        {
            return new Enumerator(_first, Count);
        }

        /// <summary>Walks the messages of a batch.</summary>
        public ref struct Enumerator
        {
            private readonly byte* _end;
            private readonly int _stride;
            private byte* _at;

            internal Enumerator(byte* first, int count)
            {
                _stride = NativeBatch.Stride;
                _at = first - _stride;
                _end = first + (long)count * _stride;
            }

            /// <summary>The message.</summary>
            public MessageView Current => new MessageView((NativeEvent*)_at);

            /// <summary>Goes to the next one.</summary>
            /// <returns>Whether there is one.</returns>
            public bool MoveNext()
            {
                _at += _stride;
                return _at < _end;
            }
        }
    }

    /// <summary>Takes messages where they lie.</summary>
    /// <param name="client">The client.</param>
    /// <param name="messages">Valid until the handler returns.</param>
    public delegate void MessagesHandler(GracelineClient client, MessageBatchView messages);
}
