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
            return Take(_events);
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
            return new JObject
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
