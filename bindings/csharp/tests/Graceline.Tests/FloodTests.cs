// Many messages: order kept, nothing lost, nothing allocated for a message, collections in between.
// Must not be a bench: the figures are in bench.
using System;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class FloodTests : DevServerFixture
    {
        private const int Messages = 20000;
        private const int Collections = 30;

        [Test]
        public void Collections_amid_many_events_harm_nothing()
        {
            using (var client = Echo())
            {
                long expected = 0;
                bool ordered = true;
                client.MessageReceived += (sender, message) =>
                {
                    ordered &= message.Text == "message " + expected;
                    Interlocked.Increment(ref expected);
                };
                int collected = 0;
                Send(client, sent =>
                {
                    if (sent % (Messages / Collections) != 0) return;
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    collected++;
                });
                Wait.Until(() => Interlocked.Read(ref expected) == Messages, "all messages");
                Assert.That(ordered);
                Assert.That(collected, Is.GreaterThanOrEqualTo(Collections));
            }
        }

        [Test]
        public async Task Readers_see_every_message_once_and_in_order()
        {
            using (var client = Echo())
            {
                Task<long> objects = CountMessages(client);
                Task<long> batches = CountBatches(client);
                Send(client, sent => { });
                Assert.That(await Wait.Within(objects, "all messages"), Is.EqualTo(Messages));
                Assert.That(await Wait.Within(batches, "all messages"), Is.EqualTo(Messages));
            }
        }

        [Test]
        public void A_reader_that_does_not_read_stops_the_socket_and_loses_nothing()
        {
            using (var client = Echo(65536))
            {
                var reader = client.Batches().GetAsyncEnumerator();
                Send(client, sent => { }, 4000);
                Wait.Until(() => client.Statistics.ReadingPausedCount > 0, "the back-pressure");
                long bytes = client.Statistics.QueueBytes;
                Assert.That(bytes, Is.LessThan(8 * 65536), "bounded");
                long read = 0;
                while (read < 4000)
                {
                    Assert.That(Wait.Within(reader.MoveNextAsync().AsTask(), "a batch")
                        .GetAwaiter().GetResult());
                    foreach (MessageView message in reader.Current)
                    {
                        Assert.That(message.GetText(), Is.EqualTo("message " + read));
                        read++;
                    }
                }
                reader.DisposeAsync().GetAwaiter().GetResult();
            }
        }

        [Test]
        public void Views_allocate_nothing_for_a_message()
        {
            using (var client = Echo(4 << 20, EventDelivery.Manual))
            {
                long bytes = 0;
                long count = 0;
                client.MessagesReceived += (sender, messages) =>
                {
                    foreach (MessageView message in messages)
                    {
                        bytes += message.Data.Length;
                        count++;
                    }
                };
                Exchange(client, 2000, () => count);
                count = 0;
                long before = Allocated();
                Exchange(client, 10000, () => count);
                long allocated = Allocated() - before;
                if (before == 0 && allocated == 0)
                {
                    Assert.Ignore("this runtime does not count what a thread allocates");
                }
                TestContext.Progress.WriteLine("{0} bytes for 10,000 messages sent and received",
                                               allocated);
                Assert.That(bytes, Is.GreaterThan(0));
                // Sending waits on a delegate now and then; a byte a message would be 10,000.
                Assert.That(allocated, Is.LessThan(5000));
            }
        }

        private static long Allocated()
        {
            try
            {
                return GC.GetAllocatedBytesForCurrentThread();
            }
            catch (NotImplementedException)
            {
                return 0;
            }
        }

        private static void Exchange(GracelineClient client, int number, Func<long> received)
        {
            ReadOnlySpan<byte> payload = new byte[] { 104, 101, 108, 108, 111 };
            for (int i = 0; i < number; i++)
            {
                client.Send(payload, MessageKind.Text);
                if (i % 100 == 99) PumpUntil(client, received, i + 1);
            }
        }

        private static void PumpUntil(GracelineClient client, Func<long> received, long number)
        {
            while (received() < number)
            {
                client.Pump();
                Thread.Yield();
            }
        }

        private static async Task<long> CountMessages(GracelineClient client)
        {
            long count = 0;
            await foreach (Message message in client.Messages())
            {
                Assert.That(message.Text, Is.EqualTo("message " + count));
                if (++count == Messages) break;
            }
            return count;
        }

        private static async Task<long> CountBatches(GracelineClient client)
        {
            long count = 0;
            await foreach (MessageBatch batch in client.Batches())
            {
                count += batch.Count;
                if (count == Messages) break;
            }
            return count;
        }

        private GracelineClient Echo(int queueBytes = 4 << 20,
                                     EventDelivery delivery = EventDelivery.Thread)
        {
            var client = new GracelineClient(new GracelineOptions
            {
                Url = Server.EchoUrl,
                OutboxMessages = 100000,
                OutboxBytes = 64 << 20,
                ReceiveQueueBytes = queueBytes,
                Delivery = delivery
            });
            client.Start();
            Wait.Until(
                () =>
                {
                    if (delivery == EventDelivery.Manual) client.Pump();
                    return client.Status == ConnectionStatus.Connected;
                },
                "the connection");
            return client;
        }

        private static void Send(GracelineClient client, Action<int> after, int number = Messages)
        {
            for (int i = 0; i < number; i++)
            {
                client.Send(Encoding.UTF8.GetBytes("message " + i), MessageKind.Text);
                after(i + 1);
            }
        }
    }
}
