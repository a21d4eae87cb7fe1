// The public API against the dev server, over real sockets.
// Must wait for conditions only.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class EndToEndTests : DevServerFixture
    {
        [Test]
        public async Task Message_sent_comes_back_with_its_fields()
        {
            using (var client = Client("round-trip"))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                IAsyncEnumerator<Message> reader = client.Messages().GetAsyncEnumerator();
                SendResult sent = await Wait.Within(
                    client.SendAsync("{\"conversation\":\"round-trip\",\"body\":\"grüß 🙂\"}"),
                    "the fate");
                Assert.That(sent.Fate, Is.EqualTo(SendFate.Sent));
                Assert.That(sent.Id, Is.EqualTo(1));
                Assert.That(await Wait.Within(reader.MoveNextAsync().AsTask(), "the message"));
                Message message = reader.Current;
                Assert.That(message.Text, Does.Contain("grüß 🙂"));
                Assert.That(message.Kind, Is.EqualTo(MessageKind.Text));
                Assert.That(message.Conversation, Is.EqualTo("round-trip"));
                Assert.That(message.Sender, Is.Not.Empty);
                Assert.That(message.Time, Is.Not.Empty);
                Assert.That(message.Id, Is.Not.Empty);
                Assert.That(message.IsReplayed, Is.False);
                await reader.DisposeAsync();
            }
        }

        [Test]
        public async Task Messages_that_came_before_the_first_reader_are_read_in_order()
        {
            using (var client = Client("late"))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                for (int i = 0; i < 20; i++) await Server.Publish("late", "m" + i);
                Wait.Until(() => client.Statistics.MessagesReceivedCount == 20, "all messages");
                var bodies = new List<string>();
                await foreach (Message message in client.Messages())
                {
                    bodies.Add(message.Text);
                    if (bodies.Count == 20) break;
                }
                for (int i = 0; i < 20; i++) Assert.That(bodies[i], Does.Contain("\"m" + i + "\""));
            }
        }

        [Test]
        public async Task Messages_that_came_before_the_first_handler_are_raised()
        {
            using (var client = Client("late-handler"))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                await Server.Publish("late-handler", "early");
                Wait.Until(() => client.Statistics.MessagesReceivedCount == 1, "the message");
                var came = new TaskCompletionSource<string>();
                client.MessageReceived += (sender, message) => came.TrySetResult(message.Text);
                Assert.That(await Wait.Within(came.Task, "the event"), Does.Contain("early"));
            }
        }

        [Test]
        public async Task Short_time_in_background_keeps_the_connection()
        {
            using (var client = Client("background"))
            {
                var ended = new TaskCompletionSource<TaskCause>();
                client.BackgroundTaskEnded += (sender, task) => ended.TrySetResult(task.Cause);
                await Wait.Within(client.ConnectAsync(), "the connection");
                Assert.That(client.BackgroundTaskEnabled, Is.False, "before the first task");
                client.ConfigureServices(ApplicationState.WillResignActive);
                client.ConfigureServices(ApplicationState.DidBackground);
                Assert.That(client.BackgroundTaskEnabled);
                Assert.That(client.BackgroundTimeRemaining,
                            Is.InRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(30)));
                client.ConfigureServices(ApplicationState.WillEnterForeground);
                client.ConfigureServices(ApplicationState.DidBecomeActive);
                Assert.That(await Wait.Within(ended.Task, "the end of the task"),
                            Is.EqualTo(TaskCause.Returned));
                Assert.That(client.BackgroundTaskEnabled);
                Assert.That(client.NeedsRefresh, Is.False);
                Assert.That(client.Info.ConnectionNumber, Is.EqualTo(1), "the same connection");
            }
        }

        [Test]
        public async Task Window_that_ends_closes_the_connection_and_asks_for_a_refresh()
        {
            GracelineOptions options = Options("expiry");
            options.Grace = TimeSpan.FromMilliseconds(200);
            using (var client = new GracelineClient(options))
            {
                var ended = new TaskCompletionSource<TaskCause>();
                client.BackgroundTaskEnded += (sender, task) => ended.TrySetResult(task.Cause);
                await Wait.Within(client.ConnectAsync(), "the connection");
                client.ConfigureServices(ApplicationState.DidBackground);
                Assert.That(await Wait.Within(ended.Task, "the deadline"),
                            Is.EqualTo(TaskCause.Expired));
                Assert.That(client.Status, Is.EqualTo(ConnectionStatus.Disconnected));
                Assert.That(client.BackgroundTaskEnabled, Is.False);
                Assert.That(client.NeedsRefresh);
                client.ConfigureServices(ApplicationState.DidBecomeActive);
                await Wait.Within(client.ConnectAsync(), "the connection after the return");
            }
        }

        [Test]
        public async Task Refused_token_is_an_exception_with_reason_and_status()
        {
            using (DevServer server = DevServer.Start("--token good"))
            {
                var asked = 0;
                using (var client = new GracelineClient(new GracelineOptions
                {
                    Url = server.Url,
                    TokenProvider = token =>
                    {
                        Interlocked.Increment(ref asked);
                        return Task.FromResult("bad");
                    }
                }))
                {
                    GracelineException refused = null;
                    try
                    {
                        await Wait.Within(client.ConnectAsync(), "the refusal");
                    }
                    catch (GracelineException exception)
                    {
                        refused = exception;
                    }
                    Assert.That(refused, Is.Not.Null);
                    Assert.That(refused.Reason, Is.EqualTo(Reason.AuthRefused));
                    Assert.That(refused.HttpStatus, Is.EqualTo(401));
                    Assert.That(refused.Code, Is.EqualTo(GracelineStatus.NotConnected));
                    Assert.That(asked, Is.EqualTo(2), "asked once more after the first refusal");
                }
            }
        }

        [Test]
        public async Task Token_comes_from_an_asynchronous_provider()
        {
            using (DevServer server = DevServer.Start("--token good"))
            using (var client = new GracelineClient(new GracelineOptions
            {
                Url = server.Url,
                TokenProvider = async token =>
                {
                    await Task.Yield();
                    return "good";
                }
            }))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
            }
        }

        [Test]
        public async Task History_is_fetched_by_the_hosts_http_client()
        {
            using (var http = new HttpClient())
            {
                GracelineOptions options = Options("history");
                options.History = new HistoryOptions
                {
                    Fetch = HttpFetch.With(http),
                    MessagesUrl = Server.HttpUrl +
                        "/messages?conversation=history{&before,after,limit}",
                    ConversationsUrl = Server.HttpUrl + "/conversations{?limit,cursor}",
                    JsonItemsPointer = "/items",
                    JsonCompletePointer = "/complete",
                    JsonConversationsNextCursorPointer = "/next"
                };
                for (int i = 0; i < 5; i++) await Server.Publish("history", "h" + i);
                using (var client = new GracelineClient(options))
                {
                    await Wait.Within(client.ConnectAsync(), "the connection");
                    using (MessagesRequest request = client.MessagesRequest(
                        new MessagesRequestOptions { Limit = 3 }))
                    {
                        Page newest = await Wait.Within(request.FetchPreviousAsync(), "a page");
                        Assert.That(newest.Items.Select(each => each.Text.Contains("h4")),
                                    Is.EqualTo(new[] { false, false, true }));
                        Page older = await Wait.Within(request.FetchPreviousAsync(), "a page");
                        Assert.That(older.Items.Count, Is.EqualTo(2));
                        Assert.That(older.End, Is.EqualTo(PageEnd.Proven));
                    }
                    using (ConversationsRequest request = client.ConversationsRequest())
                    {
                        Page page = await Wait.Within(request.FetchNextAsync(), "a page");
                        Assert.That(page.Kind, Is.EqualTo(PageKind.Conversations));
                        Assert.That(page.Items.Select(each => each.Id), Does.Contain("history"));
                    }
                }
            }
        }

        [Test]
        public async Task Connection_that_is_cut_comes_back()
        {
            using (DevServer server = DevServer.Start())
            {
                GracelineOptions options = Options("cut");
                options.Url = server.Url;
                options.BackoffInitial = TimeSpan.FromMilliseconds(10);
                using (var client = new GracelineClient(options))
                {
                    var seen = new ConcurrentQueue<ConnectionStatus>();
                    client.StatusChanged += (sender, change) => seen.Enqueue(change.Status);
                    await Wait.Within(client.ConnectAsync(), "the connection");
                    await server.Fault("{\"cut\":true}");
                    Wait.Until(() => client.Statistics.ConnectionsCount == 2, "the second one");
                    Wait.Until(() => seen.Count >= 4, "the events");
                    Assert.That(seen.ToArray(), Is.EqualTo(new[]
                    {
                        ConnectionStatus.Connecting, ConnectionStatus.Connected,
                        ConnectionStatus.Connecting, ConnectionStatus.Connected
                    }));
                }
            }
        }

        [Test]
        public async Task Dispose_asynchronously_tells_theServer()
        {
            using (DevServer server = DevServer.Start())
            {
                GracelineOptions options = Options("goodbye");
                options.Url = server.Url;
                await using (var client = new GracelineClient(options))
                {
                    await Wait.Within(client.ConnectAsync(), "the connection");
                }
                await server.WaitForNone("websockets_now");
                Assert.That(await server.Stats(), Does.Contain("1000"));
            }
        }

        [Test]
        public async Task Events_are_raised_in_the_given_context()
        {
            using (var context = new ThreadContext())
            {
                GracelineOptions options = Options("context");
                options.SynchronizationContext = context;
                using (var client = new GracelineClient(options))
                {
                    var thread = new TaskCompletionSource<int>(
                        TaskCreationOptions.RunContinuationsAsynchronously);
                    client.MessageReceived += (sender, message) =>
                        thread.TrySetResult(Thread.CurrentThread.ManagedThreadId);
                    await Wait.Within(client.ConnectAsync(), "the connection");
                    await Server.Publish("context", "x");
                    Assert.That(await Wait.Within(thread.Task, "the message"),
                                Is.EqualTo(context.ThreadId));
                }
            }
        }

        [Test]
        public async Task Binary_echo_keeps_every_byte()
        {
            using (var client = new GracelineClient(
                new GracelineOptions { Url = Server.EchoUrl }))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                byte[] bytes = Enumerable.Range(0, 70000).Select(i => (byte)i).ToArray();
                var reader = client.Batches().GetAsyncEnumerator();
                await Wait.Within(client.SendAsync(bytes, MessageKind.Binary), "the fate");
                Assert.That(await Wait.Within(reader.MoveNextAsync().AsTask(), "the echo"));
                Assert.That(reader.Current.Count, Is.EqualTo(1));
                Assert.That(reader.Current.View[0].Data.ToArray(), Is.EqualTo(bytes));
                Assert.That(reader.Current.View[0].Flags, Is.EqualTo(MessageFlags.Binary));
                await reader.DisposeAsync();
            }
        }

        [Test]
        public async Task Ping_measures_and_fails_without_a_connection()
        {
            using (var client = Client("ping"))
            {
                var failure = Assert.ThrowsAsync<GracelineException>(() => client.PingAsync());
                Assert.That(failure.Code, Is.EqualTo(GracelineStatus.NotConnected));
                await Wait.Within(client.ConnectAsync(), "the connection");
                TimeSpan roundTrip = await Wait.Within(client.PingAsync(), "the pong");
                Assert.That(roundTrip, Is.GreaterThan(TimeSpan.Zero));
                await Wait.Within(client.DisconnectAsync(), "the end");
                Assert.That(client.Info.Phase, Is.EqualTo(ConnectionPhase.Idle));
            }
        }

        [Test]
        public async Task Host_hooks_run_in_the_call_and_give_back_every_id()
        {
            var time = new CountingBackgroundTime();
            GracelineOptions options = Options("hooks");
            options.BackgroundTime = time;
            using (var client = new GracelineClient(options))
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                client.ConfigureServices(ApplicationState.WillResignActive);
                Assert.That(time.BeganOn, Is.EqualTo(Thread.CurrentThread.ManagedThreadId));
                client.ConfigureServices(ApplicationState.DidBackground);
                // The margin of SPEC: close time-out + 500 ms.
                Assert.That(client.BackgroundTimeRemaining,
                            Is.InRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(18.5)));
                client.ConfigureServices(ApplicationState.DidBecomeActive);
                Wait.Until(() => time.Ended == 1, "the end hook");
            }
        }

        private GracelineClient Client(string room)
        {
            return new GracelineClient(Options(room));
        }

        private GracelineOptions Options(string room)
        {
            return new GracelineOptions
            {
                Url = Server.Url + "?room=" + room,
                JsonIdPointer = "/id",
                JsonConversationPointer = "/conversation",
                JsonSenderPointer = "/sender",
                JsonTimePointer = "/time"
            };
        }

        private sealed class CountingBackgroundTime : IBackgroundTime
        {
            private int _ended;

            internal int BeganOn { get; private set; }

            internal int Ended => Volatile.Read(ref _ended);

            public TimeSpan Remaining => TimeSpan.FromSeconds(20);

            public long Begin(out TimeSpan remaining)
            {
                remaining = TimeSpan.FromSeconds(20);
                BeganOn = Thread.CurrentThread.ManagedThreadId;
                return 7;
            }

            public void End(long id)
            {
                if (id == 7) Interlocked.Increment(ref _ended);
            }
        }
    }

    /// <summary>A context with a thread of its own, as a user interface has.</summary>
    internal sealed class ThreadContext : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<Action> _work = new BlockingCollection<Action>();
        private readonly Thread _thread;

        internal ThreadContext()
        {
            _thread = new Thread(() =>
            {
                foreach (Action each in _work.GetConsumingEnumerable()) each();
            });
            _thread.Start();
        }

        internal int ThreadId => _thread.ManagedThreadId;

        public override void Post(SendOrPostCallback callback, object state)
        {
            try
            {
                _work.Add(() => callback(state));
            }
            catch (InvalidOperationException)
            {
                // The thread has ended; what is posted then is nobody's.
            }
        }

        public void Dispose()
        {
            _work.CompleteAdding();
            _thread.Join();
        }
    }
}
