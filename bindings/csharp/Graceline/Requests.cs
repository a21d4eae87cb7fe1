// The requests for pages of messages and of conversations.
// Must not fetch by itself: each call is one page.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>Which messages a <see cref="Graceline.MessagesRequest"/> pages through.</summary>
    public sealed class MessagesRequestOptions
    {
        /// <summary>Messages a page, 1 to 100. Default: 30.</summary>
        public int Limit { get; set; } = 30;

        /// <summary>Null: all.</summary>
        public string Conversation { get; set; }

        /// <summary>The first pages begin beside this message; null: the newest.</summary>
        public string StartMessageId { get; set; }

        /// <summary>Or at this time, in the server's own notation.</summary>
        public string StartTime { get; set; }
    }

    /// <summary>Pages through messages, back and forth; one fetch at a time.</summary>
    public sealed class MessagesRequest : IDisposable
    {
        private readonly GracelineClient _client;
        private readonly MessagesRequestHandle _handle;

        private MessagesRequestHandle Handle => _handle.IsClosed
            ? throw new ObjectDisposedException(nameof(MessagesRequest))
            : _handle;

        internal MessagesRequest(GracelineClient client, MessagesRequestOptions options)
        {
            _client = client;
            _handle = Create(client, options);
        }

        /// <summary>Fetches the next older page; the first one is the newest page, or the one
        /// before the start.</summary>
        /// <param name="cancellationToken">Cancels the fetch; the object can be used again.</param>
        /// <returns>The page; at the proven end an empty one.</returns>
        /// <exception cref="GracelineException">It could not be fetched.</exception>
        public Task<Page> FetchPreviousAsync(CancellationToken cancellationToken = default)
        {
            return _client.FetchAsync(
                (out ulong id) => Native.graceline_messages_request_fetch_previous(Handle, out id),
                Cancel, cancellationToken);
        }

        /// <summary>Fetches the next newer page; without a start the first one is the newest page.
        /// </summary>
        /// <param name="cancellationToken">Cancels the fetch; the object can be used again.</param>
        /// <returns>The page.</returns>
        /// <exception cref="GracelineException">It could not be fetched.</exception>
        public Task<Page> FetchNextAsync(CancellationToken cancellationToken = default)
        {
            return _client.FetchAsync(
                (out ulong id) => Native.graceline_messages_request_fetch_next(Handle, out id),
                Cancel, cancellationToken);
        }

        /// <summary>Cancels what is under way and drops the object.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }

        private static unsafe MessagesRequestHandle Create(GracelineClient client,
                                                           MessagesRequestOptions from)
        {
            using (var arena = new Arena())
            {
                NativeMessagesRequestOptions options;
                client.Check(Native.graceline_messages_request_options_init(
                    &options, (uint)sizeof(NativeMessagesRequestOptions)));
                options.limit = from.Limit;
                options.conversation = arena.Text(nameof(from.Conversation), from.Conversation);
                options.start_message_id =
                    arena.Text(nameof(from.StartMessageId), from.StartMessageId);
                options.start_time = arena.Text(nameof(from.StartTime), from.StartTime);
                client.Check(Native.graceline_messages_request_create(
                    client.Handle, &options, out IntPtr request));
                return new MessagesRequestHandle(request);
            }
        }

        private void Cancel()
        {
            try
            {
                // Its answer ends the wait; an error means that it has been answered.
                Native.graceline_messages_request_cancel(_handle);
            }
            catch (ObjectDisposedException)
            {
                // Dropped: cancelled already.
            }
        }
    }

    /// <summary>Pages through conversations; one fetch at a time.</summary>
    public sealed class ConversationsRequest : IDisposable
    {
        private readonly GracelineClient _client;
        private readonly ConversationsRequestHandle _handle;

        private ConversationsRequestHandle Handle => _handle.IsClosed
            ? throw new ObjectDisposedException(nameof(ConversationsRequest))
            : _handle;

        internal ConversationsRequest(GracelineClient client, int limit)
        {
            _client = client;
            _handle = Create(client, limit);
        }

        /// <summary>Fetches the next page of conversations.</summary>
        /// <param name="cancellationToken">Cancels the fetch; the object can be used again.</param>
        /// <returns>The page.</returns>
        /// <exception cref="GracelineException">It could not be fetched.</exception>
        public Task<Page> FetchNextAsync(CancellationToken cancellationToken = default)
        {
            return _client.FetchAsync(
                (out ulong id) =>
                    Native.graceline_conversations_request_fetch_next(Handle, out id),
                Cancel, cancellationToken);
        }

        /// <summary>Cancels what is under way and drops the object.</summary>
        public void Dispose()
        {
            _handle.Dispose();
        }

        private static unsafe ConversationsRequestHandle Create(GracelineClient client, int limit)
        {
            NativeConversationsRequestOptions options;
            client.Check(Native.graceline_conversations_request_options_init(
                &options, (uint)sizeof(NativeConversationsRequestOptions)));
            options.limit = limit;
            client.Check(Native.graceline_conversations_request_create(
                client.Handle, &options, out IntPtr request));
            return new ConversationsRequestHandle(request);
        }

        private void Cancel()
        {
            try
            {
                Native.graceline_conversations_request_cancel(_handle);
            }
            catch (ObjectDisposedException)
            {
                // Dropped: cancelled already.
            }
        }
    }
}
