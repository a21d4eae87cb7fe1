// What a disposed client answers to each public member, and Dispose inside a handler of each event.
// Must leave no member out: a new one fails here until it has its row.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class DisposedTests
    {
        private static readonly Dictionary<string, Func<GracelineClient, Task>> Refused =
            new Dictionary<string, Func<GracelineClient, Task>>
            {
                ["Start"] = Now(c => c.Start()),
                ["ConfigureServices"] =
                    Now(c => c.ConfigureServices(ApplicationState.DidBackground)),
                ["BackgroundTimeExpiring"] = Now(c => c.BackgroundTimeExpiring()),
                ["NetworkChanged"] = Now(c => c.NetworkChanged(NetworkState.Off)),
                ["RefreshBegin"] = Now(c => c.RefreshBegin()),
                ["MarkRefreshed"] = Now(c => c.MarkRefreshed(1)),
                ["LastMessageId"] = Now(c => c.LastMessageId()),
                ["MessagesRequest"] = Now(c => c.MessagesRequest()),
                ["ConversationsRequest"] = Now(c => c.ConversationsRequest()),
                ["Info"] = Now(c => c.Info.ToString()),
                ["Statistics"] = Now(c => c.Statistics.ToString()),
                ["Send"] = Now(c => c.Send(new byte[1], MessageKind.Binary)),
                ["Pump"] = Now(c => c.Pump()),
                ["Messages"] = Now(c => c.Messages().GetAsyncEnumerator()),
                ["Batches"] = Now(c => c.Batches().GetAsyncEnumerator()),
                ["ConnectAsync"] = c => c.ConnectAsync(),
                ["DisconnectAsync"] = c => c.DisconnectAsync(),
                ["PingAsync"] = c => c.PingAsync(),
                ["SendAsync"] = c => c.SendAsync("x")
            };

        private static readonly string[] Answered =
        {
            "Status", "BackgroundTaskEnabled", "NeedsRefresh", "BackgroundTimeRemaining",
            "AutoEstablishSocketConnection", "Close", "Dispose", "DisposeAsync"
        };

        [Test]
        public void Calls_are_refused_in_the_clients_name()
        {
            GracelineClient client = Manual();
            client.Dispose();
            foreach (KeyValuePair<string, Func<GracelineClient, Task>> each in Refused)
            {
                var refused = Assert.ThrowsAsync<ObjectDisposedException>(
                    () => each.Value(client), each.Key);
                Assert.That(refused.ObjectName, Is.EqualTo(nameof(GracelineClient)), each.Key);
            }
        }

        [Test]
        public void Queries_answer_on_the_safe_side()
        {
            GracelineClient client = Manual();
            client.Dispose();
            client.Dispose();
            client.Close();
            Assert.That(client.Status, Is.EqualTo(ConnectionStatus.Disconnected));
            Assert.That(client.BackgroundTaskEnabled, Is.False);
            Assert.That(client.NeedsRefresh);
            Assert.That(client.BackgroundTimeRemaining, Is.EqualTo(TimeSpan.Zero));
            Assert.That(client.AutoEstablishSocketConnection);
            Assert.That(client.DisposeAsync().IsCompletedSuccessfully);
        }

        [Test]
        public void Every_public_member_has_its_row()
        {
            const BindingFlags declared =
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
            IEnumerable<string> members =
                typeof(GracelineClient).GetMethods(declared).Where(each => !each.IsSpecialName)
                    .Select(each => each.Name)
                    .Concat(typeof(GracelineClient).GetProperties(declared)
                        .Select(each => each.Name))
                    .Distinct();
            Assert.That(members, Is.EquivalentTo(Refused.Keys.Concat(Answered)));
        }

        [Test]
        public void Refusals_of_async_calls_come_through_their_tasks()
        {
            GracelineClient client = Manual();
            client.Dispose();
            foreach (KeyValuePair<string, Func<GracelineClient, Task>> each in
                     Refused.Where(each => each.Key.EndsWith("Async", StringComparison.Ordinal)))
            {
                Task task = null;
                Assert.DoesNotThrow(() => task = each.Value(client), each.Key);
                Assert.That(task.IsFaulted, each.Key);
            }
        }

        [Test]
        public void Request_is_refused_in_its_own_name_and_after_its_client()
        {
            var options = new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                History = new HistoryOptions
                {
                    MessagesUrl = "http://127.0.0.1:1/m{?before,limit}",
                    ConversationsUrl = "http://127.0.0.1:1/c"
                }
            };
            var client = new GracelineClient(options);
            MessagesRequest dropped = client.MessagesRequest();
            ConversationsRequest droppedToo = client.ConversationsRequest();
            MessagesRequest kept = client.MessagesRequest();
            dropped.Dispose();
            dropped.Dispose();
            droppedToo.Dispose();
            client.Dispose();
            Assert.That(NameOf(() => dropped.FetchPreviousAsync()), Is.EqualTo("MessagesRequest"));
            Assert.That(NameOf(() => dropped.FetchNextAsync()), Is.EqualTo("MessagesRequest"));
            Assert.That(NameOf(() => droppedToo.FetchNextAsync()),
                        Is.EqualTo("ConversationsRequest"));
            Assert.That(NameOf(() => kept.FetchPreviousAsync()), Is.EqualTo("GracelineClient"));
            kept.Dispose();
        }

        [TestCaseSource(nameof(Handlers))]
        public void Dispose_in_a_handler_of_each_event(
            string name, Action<GracelineClient, Action> attach, bool returns)
        {
            World.NeedScripted();
            World.Do("{\"reset\":true}");
            int raised = 0;
            var client = new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                Delivery = EventDelivery.Manual,
                Grace = returns ? TimeSpan.FromSeconds(30) : TimeSpan.Zero
            });
            attach(client, () =>
            {
                raised++;
                client.Dispose();
            });
            try
            {
                client.Start();
                Step(client);
                World.Do("{\"server_sends\":[\"a\",\"b\"]}");
                Step(client);
                client.ConfigureServices(ApplicationState.DidBackground);
                Step(client);
                client.ConfigureServices(ApplicationState.DidBecomeActive);
                Step(client);
                client.Close();
                Step(client);
            }
            catch (ObjectDisposedException)
            {
                // The handler did it; every later call is refused.
            }
            Assert.That(raised, Is.EqualTo(1), "raised, and never again");
            Assert.Throws<ObjectDisposedException>(() => client.Start());
            World.Advance(0);
            World.Do("{\"expect\":{\"connections_open\":0}}");
        }

        private static IEnumerable<TestCaseData> Handlers()
        {
            yield return Handler("StatusChanged", (c, act) => c.StatusChanged += (s, e) => act());
            yield return Handler("BackgroundTaskBegan",
                                 (c, act) => c.BackgroundTaskBegan += (s, e) => act());
            yield return Handler("BackgroundTaskEnded",
                                 (c, act) => c.BackgroundTaskEnded += (s, e) => act());
            yield return Handler("RefreshNeeded", (c, act) => c.RefreshNeeded += (s, e) => act(),
                                 false);
            yield return Handler("ReturnJudged", (c, act) => c.ReturnJudged += (s, e) => act());
            yield return Handler("GapJudged", (c, act) => c.GapJudged += (s, e) => act());
            yield return Handler("EventReceived", (c, act) => c.EventReceived += (s, e) => act());
            yield return Handler("MessageReceived",
                                 (c, act) => c.MessageReceived += (s, e) => act());
            yield return Handler("MessagesReceived",
                                 (c, act) => c.MessagesReceived += (s, e) => act());
            yield return Handler("Closed", (c, act) => c.Closed += (s, e) => act());
        }

        [Test]
        public void Every_event_has_its_row()
        {
            Assert.That(Handlers().Select(each => (string)each.Arguments[0]),
                        Is.EquivalentTo(typeof(GracelineClient).GetEvents()
                            .Select(each => each.Name)));
        }

        private static TestCaseData Handler(string name, Action<GracelineClient, Action> attach,
                                            bool returns = true)
        {
            return new TestCaseData(name, attach, returns).SetArgDisplayNames(name);
        }

        private static void Step(GracelineClient client)
        {
            for (int i = 0; i < 2; i++)
            {
                World.Advance(0);
                client.Pump();
            }
        }

        private static string NameOf(AsyncTestDelegate call)
        {
            return Assert.ThrowsAsync<ObjectDisposedException>(call).ObjectName;
        }

        private static Func<GracelineClient, Task> Now(Action<GracelineClient> call)
        {
            return client =>
            {
                call(client);
                return Task.CompletedTask;
            };
        }

        private static GracelineClient Manual()
        {
            return new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                Delivery = EventDelivery.Manual
            });
        }
    }
}
