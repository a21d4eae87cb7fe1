// Cancellation of each call that is awaited: while it waits, before it began, and what it leaves.
// Must use a server that answers nothing where a wait is to be cancelled, so that no race decides.
using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class CancellationTests : DevServerFixture
    {
        [Test]
        public async Task Connect_and_send_end_at_once_and_change_nothing_else()
        {
            using (GracelineClient client = Offline())
            using (var source = new CancellationTokenSource())
            {
                Task connect = client.ConnectAsync(source.Token);
                Task<SendResult> send = client.SendAsync("queued", source.Token);
                Assert.That(client.Statistics.OutboxCount, Is.EqualTo(1));
                source.Cancel();
                await Cancelled(connect, source.Token);
                await Cancelled(send, source.Token);
                Assert.That(client.Status, Is.EqualTo(ConnectionStatus.Connecting), "still wanted");
                Assert.That(client.Statistics.OutboxCount, Is.Zero, "taken back");
            }
        }

        /// <summary>Between its look at the status and its registration a ConnectAsync holds the
        /// gate; an event that passed by it then would end no wait, for ever.</summary>
        [Test]
        public async Task Status_event_waits_for_a_connect_that_is_registering()
        {
            GracelineOptions options = Options();
            options.Delivery = EventDelivery.Manual;
            using (var client = new GracelineClient(options))
            {
                object gate = typeof(GracelineClient)
                    .GetField("_waitGate", BindingFlags.Instance | BindingFlags.NonPublic)
                    .GetValue(client);
                bool hasPassed;
                Task pumping;
                lock (gate)
                {
                    client.Start();
                    Wait.Until(() => client.Status == ConnectionStatus.Connected, "the connection");
                    pumping = Task.Run(() => client.Pump());
                    hasPassed = pumping.Wait(TimeSpan.FromMilliseconds(200));
                }
                await Wait.Within(pumping, "the pump");
                Assert.That(hasPassed, Is.False, "the event passed by a registration");
            }
        }

        [Test]
        public async Task Ping_ends_at_once_and_its_pong_harms_nothing()
        {
            using (GracelineClient client = Client())
            using (var source = new CancellationTokenSource())
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                await Server.Fault("{\"black_hole\":true}");
                Task<TimeSpan> ping = client.PingAsync(source.Token);
                source.Cancel();
                await Cancelled(ping, source.Token);
                await Server.Fault("{\"black_hole\":false}");
                await Wait.Within(client.PingAsync(), "the next pong");
            }
        }

        [Test]
        public async Task Fetch_ends_and_its_request_can_be_used_again()
        {
            var asked = new List<TaskCompletionSource<PageAnswer>>();
            GracelineOptions options = Options();
            options.History = new HistoryOptions
            {
                Fetch = (page, token) =>
                {
                    var answer = new TaskCompletionSource<PageAnswer>();
                    lock (asked) asked.Add(answer);
                    return answer.Task;
                },
                MessagesUrl = "http://127.0.0.1:1/m{?before,limit}"
            };
            using (var client = new GracelineClient(options))
            using (var source = new CancellationTokenSource())
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                MessagesRequest request = client.MessagesRequest();
                Task<Page> fetch = request.FetchPreviousAsync(source.Token);
                Wait.Until(() => Count(asked) == 1, "the question");
                source.Cancel();
                await Cancelled(fetch, source.Token);
                Task<Page> second = request.FetchPreviousAsync();
                Wait.Until(() => Count(asked) == 2, "the second question");
                asked[0].SetResult(new PageAnswer(200, Bytes("[\"late\"]")));
                asked[1].SetResult(new PageAnswer(200, Bytes("[{\"id\":\"1\"}]")));
                Page page = await Wait.Within(second, "the page");
                Assert.That(page.Items.Count, Is.EqualTo(1));
                Assert.That(page.Items[0].Text, Does.Contain("\"1\""));
            }
        }

        [Test]
        public async Task Disconnect_ends_its_wait_and_the_connection_all_the_same()
        {
            using (GracelineClient client = Client())
            using (var source = new CancellationTokenSource())
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                await Server.Fault("{\"black_hole\":true}");
                Task disconnect = client.DisconnectAsync(source.Token);
                source.Cancel();
                await Cancelled(disconnect, source.Token);
                Assert.That(client.Status, Is.EqualTo(ConnectionStatus.Disconnected));
                await Server.Fault("{\"black_hole\":false}");
            }
        }

        [Test]
        public async Task Readers_end_when_their_token_or_their_client_does()
        {
            GracelineClient client = Client();
            using (var source = new CancellationTokenSource())
            using (var second = new CancellationTokenSource())
            {
                await Wait.Within(client.ConnectAsync(), "the connection");
                var batches = client.Batches(source.Token).GetAsyncEnumerator();
                var messages = client.Messages().GetAsyncEnumerator(second.Token);
                var ended = client.Messages().GetAsyncEnumerator();
                Task<bool> first = batches.MoveNextAsync().AsTask();
                Task<bool> next = messages.MoveNextAsync().AsTask();
                Task<bool> last = ended.MoveNextAsync().AsTask();
                source.Cancel();
                await Cancelled(first, source.Token);
                Assert.That(next.IsCompleted, Is.False);
                second.Cancel();
                await Cancelled(next, second.Token);
                await client.DisposeAsync();
                Assert.That(await Wait.Within(last, "the end"), Is.False);
                await batches.DisposeAsync();
                await messages.DisposeAsync();
                await ended.DisposeAsync();
            }
        }

        [Test]
        public async Task Token_that_is_cancelled_already_begins_nothing()
        {
            using (GracelineClient client = Offline())
            using (MessagesRequest messages = client.MessagesRequest())
            using (ConversationsRequest conversations = client.ConversationsRequest())
            {
                var gone = new CancellationToken(true);
                await Cancelled(client.ConnectAsync(gone), gone);
                await Cancelled(client.SendAsync("x", gone), gone);
                await Cancelled(
                    client.SendAsync(new byte[1], MessageKind.Binary, null, gone), gone);
                await Cancelled(client.PingAsync(gone), gone);
                await Cancelled(messages.FetchPreviousAsync(gone), gone);
                await Cancelled(messages.FetchNextAsync(gone), gone);
                await Cancelled(conversations.FetchNextAsync(gone), gone);
                await Cancelled(
                    client.Messages(gone).GetAsyncEnumerator().MoveNextAsync().AsTask(), gone);
                Assert.That(client.Status, Is.EqualTo(ConnectionStatus.Disconnected), "not wanted");
                Assert.That(client.Statistics.OutboxCount, Is.Zero);
            }
        }

        [Test]
        public async Task Token_provider_hears_of_the_clients_end()
        {
            var heard = new TaskCompletionSource<bool>();
            var asked = new TaskCompletionSource<bool>();
            GracelineOptions options = Options();
            options.TokenProvider = async token =>
            {
                asked.TrySetResult(true);
                using (token.Register(() => heard.TrySetResult(true)))
                {
                    await heard.Task;
                }
                token.ThrowIfCancellationRequested();
                return "never";
            };
            var client = new GracelineClient(options);
            client.Start();
            await Wait.Within(asked.Task, "the question");
            client.Dispose();
            await Wait.Within(heard.Task, "the cancellation of the provider");
        }

        private static async Task Cancelled(Task task, CancellationToken token)
        {
            try
            {
                await Wait.Within(task, "the cancellation");
            }
            catch (OperationCanceledException exception)
            {
                Assert.That(exception.CancellationToken, Is.EqualTo(token));
                return;
            }
            Assert.Fail("was not cancelled");
        }

        private static int Count(List<TaskCompletionSource<PageAnswer>> asked)
        {
            lock (asked) return asked.Count;
        }

        private static byte[] Bytes(string text)
        {
            return System.Text.Encoding.UTF8.GetBytes(text);
        }

        private static GracelineClient Offline()
        {
            return new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                BackoffInitial = TimeSpan.FromMinutes(1),
                BackoffMax = TimeSpan.FromMinutes(1),
                History = new HistoryOptions
                {
                    MessagesUrl = "http://127.0.0.1:1/m{?before,after,limit}",
                    ConversationsUrl = "http://127.0.0.1:1/c"
                }
            });
        }

        private GracelineClient Client()
        {
            return new GracelineClient(Options());
        }

        private GracelineOptions Options()
        {
            return new GracelineOptions { Url = Server.Url + "?room=cancel" };
        }
    }
}
