// Plays one scenario of tests/scenarios through the public API of a client with manual delivery.
// Must know every verb, or fail, and must name the step that failed.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Graceline.Tests
{
    internal sealed class ScenarioPlayer : IDisposable
    {
        private readonly Dictionary<string, MessagesRequest> _messages =
            new Dictionary<string, MessagesRequest>();
        private readonly Dictionary<string, ConversationsRequest> _conversations =
            new Dictionary<string, ConversationsRequest>();
        private readonly Queue<TaskCompletionSource<PageAnswer>> _fetches =
            new Queue<TaskCompletionSource<PageAnswer>>();
        private readonly ScriptedBackgroundTime _time = new ScriptedBackgroundTime();
        private readonly ScenarioRecord _record = new ScenarioRecord();
        private TaskCompletionSource<string> _token;
        private GracelineClient _client;
        private long _mark;

        internal void Play(string name, JObject scenario)
        {
            World.Do("{\"reset\":true}");
            int number = 0;
            foreach (JObject step in scenario["steps"].Cast<JObject>())
            {
                number++;
                try
                {
                    Step(step);
                }
                catch (Exception exception)
                {
                    throw new ScenarioFailure(
                        name + ", step " + number + " " + step.ToString(Formatting.None) + ": " +
                        (exception is ScenarioFailure ? exception.Message : exception.ToString()));
                }
            }
        }

        public void Dispose()
        {
            foreach (MessagesRequest request in _messages.Values) request.Dispose();
            foreach (ConversationsRequest request in _conversations.Values) request.Dispose();
            _client?.Dispose();
        }

        private void Step(JObject step)
        {
            JProperty verb = step.Properties().First();
            var error = (string)step["error"];
            if (step.Count > (error == null ? 1 : 2))
            {
                throw new ScenarioFailure("a step has one verb, and perhaps an error");
            }
            if (Look(verb)) return;
            string came = Call(verb);
            if (came != error)
            {
                throw new ScenarioFailure("expected " + (error ?? "success") + ", came " +
                                          (came ?? "success"));
            }
            World.Advance(0);
        }

        /// <summary>The verbs that call nothing.</summary>
        private bool Look(JProperty verb)
        {
            switch (verb.Name)
            {
                case "world":
                    Pump();
                    string refused = World.Try(verb.Value.ToString(Formatting.None));
                    if (refused != null) throw new ScenarioFailure(refused);
                    Pump();
                    return true;
                case "background_time":
                    _time.Set((JObject)verb.Value);
                    return true;
                case "expect":
                    Pump();
                    ScenarioChecks.Queries(_client, _time, (JObject)verb.Value);
                    return true;
                case "expect_messages":
                    Pump();
                    ScenarioChecks.List((JArray)verb.Value, _record.TakeMessages());
                    return true;
                case "expect_events":
                    Pump();
                    ScenarioChecks.List((JArray)verb.Value, _record.TakeEvents());
                    return true;
                case "forget_events":
                    Pump();
                    _record.TakeEvents();
                    return true;
                default:
                    return false;
            }
        }

        /// <summary>Null, or the name of the status with which the call failed.</summary>
        private string Call(JProperty verb)
        {
            try
            {
                Task waited = Called(verb);
                Exception at = waited?.Exception?.GetBaseException();
                return at == null ? null : StatusOf(at);
            }
            catch (ScenarioFailure)
            {
                throw;
            }
            catch (Exception exception)
            {
                return StatusOf(exception);
            }
        }

        private Task Called(JProperty verb)
        {
            JToken value = verb.Value;
            switch (verb.Name)
            {
                case "create":
                    Create((JObject)value);
                    return null;
                case "start":
                    _client.Start();
                    return null;
                case "connect":
                    return Failed(_client.ConnectAsync());
                case "disconnect":
                    return Failed(_client.DisconnectAsync());
                case "ping":
                    return Failed(_client.PingAsync());
                case "close":
                    _client.Close();
                    return null;
                case "state":
                    _client.ConfigureServices(
                        (ApplicationState)Names.Parse(typeof(ApplicationState), (string)value));
                    return null;
                case "network":
                    _client.NetworkChanged(
                        (NetworkState)Names.Parse(typeof(NetworkState), (string)value));
                    return null;
                case "background_time_expiring":
                    _client.BackgroundTimeExpiring();
                    return null;
                case "send":
                    return Failed(Send((JObject)value));
                case "refresh_begin":
                    _mark = _client.RefreshBegin();
                    return null;
                case "mark_refreshed":
                    _client.MarkRefreshed(_mark);
                    return null;
                case "provide_token":
                    Pump();
                    TaskCompletionSource<string> token = _token ??
                        throw new ScenarioFailure("no question for a token is open");
                    _token = null;
                    token.SetResult((string)value["token"]);
                    return Answered();
                case "provide_page":
                    Pump();
                    ProvidePage((JObject)value);
                    return Answered();
                case "fetch_previous":
                    return Failed(Messages((JObject)value).FetchPreviousAsync());
                case "fetch_next":
                    return Failed(Messages((JObject)value).FetchNextAsync());
                case "fetch_conversations":
                    return Failed(Conversations((JObject)value).FetchNextAsync());
                default:
                    throw new ScenarioFailure("no such verb: " + verb.Name);
            }
        }

        /// <summary>What is awaited ends with an event; only a refusal is known at once.</summary>
        private static Task Failed(Task task)
        {
            return task.IsFaulted ? task : null;
        }

        /// <summary>The providers are tasks, so what C says to an answer has no way to their code.
        /// </summary>
        private Task Answered()
        {
            return _client.LastAnswer == GracelineStatus.Ok
                ? null
                : Task.FromException(new GracelineException("late", _client.LastAnswer));
        }

        private void Create(JObject options)
        {
            if (options["background_time"] is JObject time) _time.Set(time);
            GracelineOptions read = ScenarioOptions.Read(
                options, _time,
                token => (_token = new TaskCompletionSource<string>()).Task,
                (page, token) =>
                {
                    var asked = new TaskCompletionSource<PageAnswer>();
                    _fetches.Enqueue(asked);
                    return asked.Task;
                });
            _client = new GracelineClient(read);
            _record.Attach(_client);
        }

        private Task Send(JObject message)
        {
            var options = new SendOptions
            {
                DeduplicationId = (string)message["deduplication_id"]
            };
            if (message["expires_in_ms"] != null)
            {
                options.ExpiresIn = Durations.FromNative((long)message["expires_in_ms"]);
            }
            return _client.SendAsync((string)message["text"], options);
        }

        private void ProvidePage(JObject page)
        {
            if (_fetches.Count == 0) throw new ScenarioFailure("no question for a page is open");
            TimeSpan? retryAfter = null;
            if (page["retry_after_ms"] != null)
            {
                retryAfter = Durations.FromNative((long)page["retry_after_ms"]);
            }
            string body = page["body"]?.ToString(Formatting.None) ?? string.Empty;
            _fetches.Dequeue().SetResult(new PageAnswer(
                (int?)page["http_status"] ?? 200, Encoding.UTF8.GetBytes(body), retryAfter));
        }

        private MessagesRequest Messages(JObject options)
        {
            string key = options.ToString(Formatting.None);
            if (_messages.TryGetValue(key, out MessagesRequest request)) return request;
            var conversation = (string)options["conversation"];
            var read = new MessagesRequestOptions { Conversation = conversation };
            if (options["limit"] != null) read.Limit = (int)options["limit"];
            return _messages[key] = _client.MessagesRequest(read);
        }

        private ConversationsRequest Conversations(JObject options)
        {
            string key = options.ToString(Formatting.None);
            if (_conversations.TryGetValue(key, out ConversationsRequest request)) return request;
            return _conversations[key] =
                _client.ConversationsRequest((int?)options["limit"] ?? 30);
        }

        private void Pump()
        {
            try
            {
                _client?.Pump();
            }
            catch (ObjectDisposedException)
            {
                // Closed by the scenario: the last events were raised by Dispose, or none.
            }
        }

        private static string StatusOf(Exception exception)
        {
            switch (exception)
            {
                case GracelineException graceline:
                    return Names.Of(graceline.Code);
                case ObjectDisposedException _:
                    return "closed";
                case ArgumentException _:
                    return "invalid_argument";
                default:
                    throw exception;
            }
        }
    }

    /// <summary>A host whose operating system grants what the scenario says.</summary>
    internal sealed class ScriptedBackgroundTime : IBackgroundTime
    {
        private bool _grants = true;
        private long _remaining = Durations.Unlimited;
        private int _begun;
        private int _ended;

        internal int Begun => Volatile.Read(ref _begun);

        internal int Ended => Volatile.Read(ref _ended);

        public TimeSpan Remaining => Durations.FromNative(_remaining);

        internal void Set(JObject time)
        {
            if (time["grants"] != null) _grants = (bool)time["grants"];
            if (time["remaining_ms"] != null) _remaining = (long)time["remaining_ms"];
        }

        public long Begin(out TimeSpan remaining)
        {
            remaining = Remaining;
            return _grants ? Interlocked.Increment(ref _begun) : 0;
        }

        public void End(long id)
        {
            Interlocked.Increment(ref _ended);
        }
    }
}
