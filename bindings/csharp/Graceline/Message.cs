// A message as an object that may be kept: its own copy of the payload.
// Must not point into a batch.
using System;
using System.Text;

namespace Graceline
{
    /// <summary>A received message, or an item of a page of history.</summary>
    public sealed class Message
    {
        private readonly byte[] _data;
        private readonly MessageFlags _flags;
        private string _text;

        internal Message(in MessageView view)
        {
            _data = view.Data.ToArray();
            _flags = view.Flags;
            Sequence = view.Sequence;
            TimeMilliseconds = view.TimeMilliseconds;
            if (!view.HasFields) return;
            Id = view.Id;
            Conversation = view.Conversation;
            Sender = view.Sender;
            Time = view.Time;
        }

        /// <summary>The payload as text; decoded once, when it is first asked for.</summary>
        public string Text => _text ?? (_text = Encoding.UTF8.GetString(_data));

        /// <summary>The payload's bytes.</summary>
        public ReadOnlyMemory<byte> Data => _data;

        /// <summary>Text or binary.</summary>
        public MessageKind Kind => (_flags & MessageFlags.Binary) != 0
            ? MessageKind.Binary
            : MessageKind.Text;

        /// <summary>Fetched after a gap, not live.</summary>
        public bool IsReplayed => (_flags & MessageFlags.Replayed) != 0;

        /// <summary>1, 2, 3 ... in the order of this client's events; 0 in a page.</summary>
        public long Sequence { get; }

        /// <summary>When it came, on the library's clock; only differences have a
        /// meaning.</summary>
        public long TimeMilliseconds { get; }

        /// <summary>The server's id, or null.</summary>
        public string Id { get; }

        /// <summary>The conversation, or null.</summary>
        public string Conversation { get; }

        /// <summary>The sender, or null.</summary>
        public string Sender { get; }

        /// <summary>The time as the server wrote it, or null.</summary>
        public string Time { get; }

        /// <summary>The payload's text.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return Text;
        }
    }
}
