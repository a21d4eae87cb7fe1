// What a client raised, as JSON in the spelling of the C API, in order.
// Must record every event: a scenario compares all of them.
using System;
using System.Collections.Generic;
using System.Linq;
using Newtonsoft.Json.Linq;

namespace Graceline.Tests
{
    internal sealed class ScenarioRecord
    {
        private readonly List<JObject> _messages = new List<JObject>();
        private readonly List<JObject> _events = new List<JObject>();

        internal void Attach(GracelineClient client)
        {
            client.MessageReceived += (sender, message) => _messages.Add(Read(message));
            client.EventReceived += (sender, happened) => _events.Add(Read(happened));
        }

        internal JArray TakeMessages()
        {
            return Take(_messages);
        }

        internal JArray TakeEvents()
        {
            Join();
            return Take(_events);
        }

        /// <summary>As the queue joins what nobody has taken yet.</summary>
        private void Join()
        {
            for (int i = 1; i < _events.Count; i++)
            {
                JObject first = _events[i - 1];
                JObject second = _events[i];
                if (!AreOne(first, second)) continue;
                if ((string)first["type"] == "send_fate") second["first_id"] = first["first_id"];
                _events.RemoveAt(--i);
            }
        }

        private static bool AreOne(JObject first, JObject second)
        {
            if ((string)first["type"] != (string)second["type"]) return false;
            switch ((string)first["type"])
            {
                case "connection_status":
                    return AreEqual(first, second, "connection_status");
                case "send_fate":
                    return AreEqual(first, second, "fate") && AreEqual(first, second, "reason") &&
                           (long)second["first_id"] == (long)first["last_id"] + 1;
                default:
                    return false;
            }
        }

        private static bool AreEqual(JObject first, JObject second, string member)
        {
            return (string)first[member] == (string)second[member];
        }

        private static JArray Take(List<JObject> list)
        {
            var taken = new JArray(list.Cast<object>().ToArray());
            list.Clear();
            return taken;
        }

        private static JObject Read(Message message)
        {
            return new JObject
            {
                ["text"] = message.Text,
                ["id"] = message.Id,
                ["conversation"] = message.Conversation,
                ["sender"] = message.Sender,
                ["time"] = message.Time,
                ["replayed"] = message.IsReplayed
            };
        }

        private static JObject Read(EventView happened)
        {
            Page page = happened.ReadPage();
            var read = new JObject
            {
                ["type"] = Names.Of(happened.Type),
                ["connection_status"] = Names.Of(happened.ConnectionStatus),
                ["phase"] = Names.Of(happened.Phase),
                ["reason"] = Names.Of(happened.Reason),
                ["task_cause"] = Names.Of(happened.TaskCause),
                ["gap_verdict"] = Names.Of(happened.GapVerdict),
                ["return_verdict"] = Names.Of(happened.ReturnVerdict),
                ["fate"] = Names.Of(happened.Fate),
                ["request_status"] = Names.Of(happened.RequestStatus),
                ["attempt"] = happened.Attempt,
                ["close_code"] = happened.CloseCode,
                ["http_status"] = happened.HttpStatus,
                ["retry_in_ms"] = Milliseconds(happened.RetryIn),
                ["gap_ms"] = (long)happened.GapTime.TotalMilliseconds,
                ["first_id"] = happened.FirstId,
                ["last_id"] = happened.LastId,
                ["since_id"] = happened.SinceId,
                ["page"] = page == null ? JValue.CreateNull() : (JToken)Read(page)
            };
            PageFetch fetch = happened.ReadFetch();
            if (fetch != null) Add(read, fetch);
            return read;
        }

        private static void Add(JObject read, PageFetch fetch)
        {
            read["kind"] = Names.Of(fetch.Kind);
            read["direction"] = Names.Of(fetch.Direction);
            read["limit"] = fetch.Limit;
            read["conversation"] = fetch.Conversation;
            read["anchor_id"] = fetch.AnchorId;
            read["anchor_time"] = fetch.AnchorTime;
            read["cursor"] = fetch.Cursor;
            read["url"] = fetch.Url;
        }

        private static JObject Read(Page page)
        {
            return new JObject
            {
                ["end"] = Names.Of(page.End),
                ["items"] = new JArray(page.Items.Select(item => (object)Read(item)).ToArray())
            };
        }

        private static JToken Milliseconds(TimeSpan? time)
        {
            return time.HasValue
                ? new JValue((long)time.Value.TotalMilliseconds)
                : JValue.CreateNull();
        }
    }
}
