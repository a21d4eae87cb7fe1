// Ends of clients in every order: disposed in a handler, twice, in a race, forgotten, 10,000 times.
// Must show that nothing is left: no thread, no memory, no hook.
using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class LifetimeTests : DevServerFixture
    {
        [TestCase(EventDelivery.Thread)]
        [TestCase(EventDelivery.Manual)]
        public async Task Dispose_in_a_handler_ends_the_events(EventDelivery delivery)
        {
            var client = new GracelineClient(new GracelineOptions
            {
                Url = Server.Url + "?room=dispose-in-handler",
                Delivery = delivery
            });
            int raised = 0;
            var disposed = new TaskCompletionSource<bool>();
            client.MessageReceived += (sender, message) =>
            {
                raised++;
                ((GracelineClient)sender).Dispose();
                disposed.TrySetResult(true);
            };
            client.Start();
            Wait.Until(() => Pumped(client) == ConnectionStatus.Connected, "the connection");
            for (int i = 0; i < 5; i++) await Server.Publish("dispose-in-handler", "m" + i);
            if (delivery == EventDelivery.Manual)
            {
                Wait.Until(() => PumpedUntil(client, disposed.Task), "the handler");
            }
            await Wait.Within(disposed.Task, "the handler");
            await Wait.Within(client.DisposeAsync().AsTask(), "the end");
            Assert.That(raised, Is.EqualTo(1));
        }

        [Test]
        [Repeat(50)]
        public async Task What_is_awaited_ends_when_the_client_does()
        {
            var client = new GracelineClient(new GracelineOptions { Url = "ws://127.0.0.1:1/" });
            Task connect = client.ConnectAsync();
            Task<SendResult> send = client.SendAsync("never sent");
            Task<SendResult> second = client.SendAsync("never sent either");
            client.Dispose();
            try
            {
                await Wait.Within(connect, "the end of the wait");
                Assert.Fail("connected to nothing");
            }
            catch (ObjectDisposedException)
            {
                // The connection was never up, and never will be.
            }
            catch (GracelineException exception)
            {
                Assert.That(exception.Reason, Is.EqualTo(Reason.ClientClosed));
            }
            Assert.That((await Wait.Within(send, "a fate")).Fate, Is.EqualTo(SendFate.Failed));
            Assert.That((await Wait.Within(second, "a fate")).Fate, Is.EqualTo(SendFate.Failed));
        }

        [Test]
        public void Handler_that_throws_is_reported_and_stops_nothing()
        {
            using (var client = new GracelineClient(new GracelineOptions
            {
                Url = Server.Url + "?room=throws"
            }))
            {
                int reported = 0;
                int raised = 0;
                Action<Exception> report = exception =>
                {
                    if (exception.Message == "planted") Interlocked.Increment(ref reported);
                };
                GracelineLibrary.HandlerFailed += report;
                client.StatusChanged += (sender, change) =>
                {
                    Interlocked.Increment(ref raised);
                    throw new InvalidOperationException("planted");
                };
                client.Start();
                Wait.Until(() => Volatile.Read(ref raised) >= 2, "both events");
                Wait.Until(() => Volatile.Read(ref reported) >= 2, "both reports");
                GracelineLibrary.HandlerFailed -= report;
            }
        }

        [Test]
        public void Forgotten_client_is_closed()
        {
            WeakReference forgotten = Forget(client => client.Start());
            Wait.UntilCollected(() => !forgotten.IsAlive, "the collection");
            Server.WaitForNone("websockets_now").GetAwaiter().GetResult();
        }

        [Test]
        public void Forgotten_client_that_was_never_started_is_released()
        {
            WeakReference forgotten = Forget(client => { });
            Wait.UntilCollected(() => !forgotten.IsAlive, "the collection");
        }

        [Test]
        public async Task Client_that_is_awaited_is_not_collected()
        {
            Task<SendResult> fate = SendAndForget();
            for (int i = 0; i < 10; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
            Assert.That((await Wait.Within(fate, "the fate")).Fate, Is.EqualTo(SendFate.Sent));
        }

        [Test]
        public void Token_that_lives_on_keeps_no_call()
        {
            using (var client = new GracelineClient(new GracelineOptions { Url = Server.Url }))
            using (var source = new CancellationTokenSource())
            {
                client.ConnectAsync().Wait(Wait.Bound);
                var calls = new WeakReference[20];
                for (int i = 0; i < calls.Length; i++) calls[i] = Send(client, source.Token);
                // Mono scans stacks as they are, so one or two may seem to be in use.
                Wait.UntilCollected(() => Array.FindAll(calls, each => each.IsAlive).Length < 5,
                                    "the collection of calls that have ended");
            }
        }

        [Test]
        public void Dispose_on_another_thread_does_not_wait_for_a_handler()
        {
            var client = new GracelineClient(new GracelineOptions
            {
                Url = Server.Url,
                Delivery = EventDelivery.Manual
            });
            client.StatusChanged += (sender, change) =>
                Assert.That(Task.Run(client.Dispose).Wait(Wait.Bound), "disposed meanwhile");
            int reported = 0;
            Action<Exception> report = exception => Interlocked.Increment(ref reported);
            GracelineLibrary.HandlerFailed += report;
            client.Start();
            Task<SendResult> sent = client.SendAsync("x");
            Wait.Until(() => PumpedUntil(client, sent), "the end");
            GracelineLibrary.HandlerFailed -= report;
            Assert.That(reported, Is.Zero);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static WeakReference Send(GracelineClient client, CancellationToken token)
        {
            Task<SendResult> call = client.SendAsync("x", token);
            call.Wait(Wait.Bound);
            return new WeakReference(call);
        }

        [Test]
        public void Ten_thousand_clients_leave_nothing()
        {
            for (int i = 0; i < 500; i++) CreateAndDispose(i);
            Settle();
            long before = ResidentKilobytes();
            int threads = ThreadCount();
            for (int i = 0; i < 10000; i++) CreateAndDispose(i);
            Settle();
            Wait.Until(() => ThreadCount() <= threads + 4, "the end of the threads");
            long grown = ResidentKilobytes() - before;
            TestContext.Progress.WriteLine("10,000 clients: {0} kB more", grown);
            Assert.That(grown, Is.LessThan(24 * 1024), "kB that 10,000 clients left");
            Assert.That(HostHooks.RegisteredCount, Is.Zero);
            Assert.That(LiveClients.Count, Is.Zero);
        }

        [Test]
        public void Dispose_races_with_every_call()
        {
            for (int round = 0; round < 200; round++)
            {
                GracelineClient client = Idle();
                client.Start();
                using (var barrier = new Barrier(3))
                {
                    Task calls = Racer(barrier, () => CallEverything(client));
                    Task disposes = Racer(barrier, client.Dispose);
                    barrier.SignalAndWait();
                    Assert.That(Task.WaitAll(new[] { calls, disposes }, Wait.Bound));
                }
            }
        }

        [Test]
        public void Release_all_waits_until_c_calls_nothing_more()
        {
            var client = new GracelineClient(new GracelineOptions
            {
                Url = Server.Url,
                LogLevel = GracelineLogLevel.Debug,
                Log = (level, text) => { }
            });
            client.Start();
            Wait.Until(() => client.Status == ConnectionStatus.Connected, "the connection");
            Assert.That(GracelineLibrary.ReleaseAll(TimeSpan.FromSeconds(5)));
            Assert.That(HostHooks.RegisteredCount, Is.Zero);
            Assert.Throws<ObjectDisposedException>(() => client.Start());
        }

        private static ConnectionStatus Pumped(GracelineClient client)
        {
            try
            {
                client.Pump();
            }
            catch (InvalidOperationException)
            {
                // It has a thread of its own.
            }
            return client.Status;
        }

        private static bool PumpedUntil(GracelineClient client, Task ended)
        {
            try
            {
                if (!ended.IsCompleted) client.Pump();
            }
            catch (ObjectDisposedException)
            {
                // A handler has disposed it.
            }
            return ended.IsCompleted;
        }

        private static void CallEverything(GracelineClient client)
        {
            try
            {
                client.ConfigureServices(ApplicationState.DidBackground);
                client.SendAsync("x");
                client.Info.ToString();
                client.NetworkChanged(NetworkState.Off);
                client.ConfigureServices(ApplicationState.DidBecomeActive);
                client.Statistics.ToString();
            }
            catch (ObjectDisposedException)
            {
                // The other one won.
            }
            catch (GracelineException exception)
            {
                Assert.That(exception.Code, Is.EqualTo(GracelineStatus.NotConnected));
            }
        }

        private static Task Racer(Barrier barrier, Action race)
        {
            return Task.Factory.StartNew(
                () =>
                {
                    barrier.SignalAndWait();
                    race();
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        private static GracelineClient Idle()
        {
            return new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                BackoffInitial = TimeSpan.FromMinutes(1),
                BackoffMax = TimeSpan.FromMinutes(1)
            });
        }

        private static void CreateAndDispose(int index)
        {
            using (var client = new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:1/",
                Log = (level, text) => { },
                Delivery = index % 2 == 0 ? EventDelivery.Manual : EventDelivery.Thread
            }))
            {
                client.ConfigureServices(ApplicationState.WillResignActive);
            }
        }

        // A frame of its own: no local of the test may keep the client.
        [MethodImpl(MethodImplOptions.NoInlining)]
        private WeakReference Forget(Action<GracelineClient> use)
        {
            WeakReference forgotten = null;
            var thread = new Thread(() =>
            {
                var client = new GracelineClient(new GracelineOptions { Url = Server.Url });
                use(client);
                forgotten = new WeakReference(client);
            });
            thread.Start();
            thread.Join();
            return forgotten;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private Task<SendResult> SendAndForget()
        {
            var client = new GracelineClient(new GracelineOptions { Url = Server.Url });
            client.Start();
            return client.SendAsync("hello");
        }

        private static void Settle()
        {
            Wait.UntilCollected(() => HostHooks.RegisteredCount == 0, "the last hook");
        }

        private static int ThreadCount()
        {
            return Directory.GetDirectories("/proc/self/task").Length;
        }

        private static long ResidentKilobytes()
        {
            GC.Collect();
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (!line.StartsWith("VmRSS:", StringComparison.Ordinal)) continue;
                return long.Parse(line.Split(new[] { ' ', '\t' },
                                             StringSplitOptions.RemoveEmptyEntries)[1]);
            }
            throw new InvalidDataException("no VmRSS");
        }
    }
}
