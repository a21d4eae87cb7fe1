// Where older and missed messages are fetched, and the words of a host that fetches them itself.
// Must not fetch: the library does, or the delegate of the host.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>Where older and missed messages are fetched. URL templates are RFC 6570 with the
    /// variables conversation, limit, before, after, before_time, after_time and cursor; pointers
    /// are RFC 6901, null: the page has no such value.</summary>
    public sealed class HistoryOptions
    {
        /// <summary>Fetches a page by the host's own HTTP; see <see cref="HttpFetch"/>. Null: the
        /// library's own HTTP, which needs the URLs below. Called where events are
        /// raised.</summary>
        public Func<PageFetch, CancellationToken, Task<PageAnswer>> Fetch { get; set; }

        /// <summary>"https://host/messages{?conversation,before,after,limit}".</summary>
        public string MessagesUrl { get; set; }

        /// <summary>Instead, for older messages.</summary>
        public string MessagesPreviousUrl { get; set; }

        /// <summary>Instead, for newer messages.</summary>
        public string MessagesNextUrl { get; set; }

        /// <summary>Null: lists of conversations are unsupported, unless <see cref="Fetch"/> and
        /// <see cref="JsonConversationsItemsPointer"/> are set.</summary>
        public string ConversationsUrl { get; set; }

        /// <summary>Headers of each fetch of the library's own HTTP.</summary>
        public IList<KeyValuePair<string, string>> Headers { get; set; } =
            new List<KeyValuePair<string, string>>();

        /// <summary>Whether a list holds all messages, or those of one conversation.</summary>
        public HistoryScope Scope { get; set; }

        /// <summary>A page of messages comes newest first. Default: false.</summary>
        public bool NewestFirst { get; set; }

        /// <summary>The server refuses ids that it does not know (404, 410 or 400); without that
        /// promise each catch-up proves it with one more page. Default: false.</summary>
        public bool RefusesUnknownIds { get; set; }

        /// <summary>The client's token goes with each fetch of the library. Default:
        /// true.</summary>
        public bool SendsToken { get; set; } = true;

        /// <summary>Where the app stands in each conversation: its name, its last message's id.
        /// </summary>
        public IList<KeyValuePair<string, string>> Positions { get; set; } =
            new List<KeyValuePair<string, string>>();

        /// <summary>The array of items in a page; default: the page itself.</summary>
        public string JsonItemsPointer { get; set; } = string.Empty;

        /// <summary>In each item; null: as in <see cref="GracelineOptions"/>.</summary>
        public string JsonIdPointer { get; set; }

        /// <summary>In each item; null: as in <see cref="GracelineOptions"/>.</summary>
        public string JsonConversationPointer { get; set; }

        /// <summary>In each item; null: as in <see cref="GracelineOptions"/>.</summary>
        public string JsonSenderPointer { get; set; }

        /// <summary>In each item; null: as in <see cref="GracelineOptions"/>.</summary>
        public string JsonTimePointer { get; set; }

        /// <summary>The payload in each item; null: the item's own JSON.</summary>
        public string JsonBodyPointer { get; set; }

        /// <summary>In the page: the cursor to go on in the direction that was asked for.</summary>
        public string JsonNextCursorPointer { get; set; }

        /// <summary>Where a page holds two cursors: the one that leads to older messages.</summary>
        public string JsonPreviousCursorPointer { get; set; }

        /// <summary>In the page: true means that nothing more is in that direction.</summary>
        public string JsonCompletePointer { get; set; }

        /// <summary>The array of conversations; null: as <see cref="JsonItemsPointer"/>.</summary>
        public string JsonConversationsItemsPointer { get; set; }

        /// <summary>In each conversation; null: "/id".</summary>
        public string JsonConversationsIdPointer { get; set; }

        /// <summary>In each conversation.</summary>
        public string JsonConversationsTimePointer { get; set; }

        /// <summary>Null: as <see cref="JsonNextCursorPointer"/>.</summary>
        public string JsonConversationsNextCursorPointer { get; set; }

        /// <summary>Null: as <see cref="JsonCompletePointer"/>.</summary>
        public string JsonConversationsCompletePointer { get; set; }

        /// <summary>For one page: 100 ms to 2 minutes. Default: 15 s.</summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

        /// <summary>The largest answer in bytes. Default: 1 MiB.</summary>
        public long PageBytes { get; set; } = 1048576;
    }

    /// <summary>A page that the host shall fetch; texts that are not set are null.</summary>
    public sealed class PageFetch
    {
        internal unsafe PageFetch(NativeFetch* from)
        {
            Kind = (PageKind)from->kind;
            Direction = (PageDirection)from->direction;
            Limit = (int)from->limit;
            Conversation = Utf8.Read(from->conversation);
            AnchorId = Utf8.Read(from->anchor_id);
            AnchorTime = Utf8.Read(from->anchor_time);
            Cursor = Utf8.Read(from->cursor);
            Url = Utf8.Read(from->url);
        }

        /// <summary>Messages or conversations.</summary>
        public PageKind Kind { get; }

        /// <summary>Which page.</summary>
        public PageDirection Direction { get; }

        /// <summary>The most items that are wanted.</summary>
        public int Limit { get; }

        /// <summary>Null: all.</summary>
        public string Conversation { get; }

        /// <summary>Older or newer than this message.</summary>
        public string AnchorId { get; }

        /// <summary>Or than this time.</summary>
        public string AnchorTime { get; }

        /// <summary>The source's own, to go on; wins over the anchors.</summary>
        public string Cursor { get; }

        /// <summary>The expanded template, without the token; null where there is none.</summary>
        public string Url { get; }
    }

    /// <summary>The host's answer to a <see cref="PageFetch"/>.</summary>
    public sealed class PageAnswer
    {
        /// <summary>An answer with a status and a body.</summary>
        /// <param name="httpStatus">The HTTP status; 0: there was no answer.</param>
        /// <param name="body">The body's bytes.</param>
        /// <param name="retryAfter">What the server advised; null: nothing.</param>
        public PageAnswer(int httpStatus, ReadOnlyMemory<byte> body, TimeSpan? retryAfter = null)
        {
            HttpStatus = httpStatus;
            Body = body;
            RetryAfter = retryAfter;
        }

        /// <summary>The HTTP status; 0: there was no answer.</summary>
        public int HttpStatus { get; }

        /// <summary>The body's bytes.</summary>
        public ReadOnlyMemory<byte> Body { get; }

        /// <summary>What the server advised; null: nothing.</summary>
        public TimeSpan? RetryAfter { get; }
    }
}
