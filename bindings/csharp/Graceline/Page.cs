// A page of history as objects that may be kept.
// Must not point into a batch.
using System;
using System.Collections.Generic;

namespace Graceline
{
    /// <summary>A page of messages or conversations.</summary>
    public sealed unsafe class Page
    {
        internal Page(NativePage* from)
        {
            Kind = (PageKind)from->kind;
            End = (PageEnd)from->end;
            var items = new Message[from->count];
            byte* at = (byte*)from->items;
            for (int i = 0; i < items.Length; i++)
            {
                items[i] = new MessageView((NativeEvent*)at).ToMessage();
                at += NativeBatch.Stride;
            }
            Items = items;
        }

        /// <summary>Messages or conversations.</summary>
        public PageKind Kind { get; }

        /// <summary>Whether it was the last page in its direction.</summary>
        public PageEnd End { get; }

        /// <summary>Messages, oldest first; or conversations in the server's order, whose
        /// <see cref="Message.Id"/> is the conversation's.</summary>
        public IReadOnlyList<Message> Items { get; }

        /// <summary>For logs.</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            return Items.Count + " " + Kind + ", end: " + End;
        }
    }
}
