// One measurement a process: `receive SUBJECT URL`, `echo SUBJECT URL`, `pump RATE`.
// Must print one line of numbers; bench.py starts it and makes the tables.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline.Bench
{
    internal static class Program
    {
        private const int Echoes = 3000;
        private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(700);
        private static readonly TimeSpan Measured = TimeSpan.FromMilliseconds(1500);

        private static async Task<int> Main(string[] arguments)
        {
            switch (arguments[0] + " " + arguments[1])
            {
                case "receive views":
                    Receive(arguments[2], Views);
                    return 0;
                case "receive batches":
                    Receive(arguments[2], Batches);
                    return 0;
                case "receive objects":
                    Receive(arguments[2], Objects);
                    return 0;
                case "receive ClientWebSocket":
                    Receive(arguments[2], Peer);
                    return 0;
                case "echo graceline":
                    await EchoOurs(arguments[2]);
                    return 0;
                case "echo ClientWebSocket":
                    await EchoPeer(arguments[2]);
                    return 0;
                default:
                    if (arguments[0] != "pump") return 2;
                    FramePump.Run(int.Parse(arguments[1]));
                    return 0;
            }
        }

        /// <summary>Counts what arrives between two moments, and what was allocated
        /// meanwhile.</summary>
        private static void Receive(string url, Func<string, Counter, IDisposable> start)
        {
            var counter = new Counter();
            using (start(url, counter))
            {
                Thread.Sleep(WarmUp);
                Func<bool, long> allocatedBytes = AllocatedBytes();
                long bytes = allocatedBytes(true);
                long messages = counter.Messages;
                var watch = Stopwatch.StartNew();
                Thread.Sleep(Measured);
                long received = counter.Messages - messages;
                double seconds = watch.Elapsed.TotalSeconds;
                bytes = allocatedBytes(true) - bytes;
                Console.WriteLine("{0:F0} {1:F4}", received / seconds,
                                  (double)bytes / Math.Max(received, 1));
            }
        }

        /// <summary>Not in netstandard2.1, but in .NET.</summary>
        private static Func<bool, long> AllocatedBytes()
        {
            return (Func<bool, long>)typeof(GC).GetMethod("GetTotalAllocatedBytes")
                .CreateDelegate(typeof(Func<bool, long>));
        }

        private static IDisposable Views(string url, Counter counter)
        {
            GracelineClient client = Ours(url);
            client.MessagesReceived += (sender, messages) =>
            {
                long size = 0;
                foreach (MessageView message in messages) size += message.Data.Length;
                counter.Add(messages.Count, size);
            };
            client.Start();
            return client;
        }

        private static IDisposable Batches(string url, Counter counter)
        {
            GracelineClient client = Ours(url);
            Task.Run(async () =>
            {
                await foreach (MessageBatch batch in client.Batches())
                {
                    counter.Add(batch.Count, Size(batch));
                }
            });
            client.Start();
            return client;
        }

        private static long Size(MessageBatch batch)
        {
            long size = 0;
            foreach (MessageView message in batch) size += message.Data.Length;
            return size;
        }

        private static IDisposable Objects(string url, Counter counter)
        {
            GracelineClient client = Ours(url);
            client.MessageReceived += (sender, message) => counter.Add(1, message.Data.Length);
            client.Start();
            return client;
        }

        private static IDisposable Peer(string url, Counter counter)
        {
            var peer = new ClientWebSocket();
            peer.ConnectAsync(new Uri(url), CancellationToken.None).Wait();
            Task.Run(async () =>
            {
                var buffer = new byte[64 * 1024];
                var memory = new Memory<byte>(buffer);
                while (true)
                {
                    ValueWebSocketReceiveResult got =
                        await peer.ReceiveAsync(memory, CancellationToken.None);
                    counter.Add(got.EndOfMessage ? 1 : 0, got.Count);
                }
            });
            return peer;
        }

        private static async Task EchoOurs(string url)
        {
            using (GracelineClient client = Ours(url))
            {
                await client.ConnectAsync();
                var payload = new byte[100];
                IAsyncEnumerator<MessageBatch> reader = client.Batches().GetAsyncEnumerator();
                await Echo(
                    () =>
                    {
                        client.Send(payload, MessageKind.Binary);
                        return Task.CompletedTask;
                    },
                    async () => await reader.MoveNextAsync());
            }
        }

        private static async Task EchoPeer(string url)
        {
            using (var peer = new ClientWebSocket())
            {
                await peer.ConnectAsync(new Uri(url), CancellationToken.None);
                var payload = new ArraySegment<byte>(new byte[100]);
                var buffer = new Memory<byte>(new byte[64 * 1024]);
                await Echo(
                    () => peer.SendAsync(payload, WebSocketMessageType.Binary, true,
                                         CancellationToken.None),
                    async () => await peer.ReceiveAsync(buffer, CancellationToken.None));
            }
        }

        private static async Task Echo(Func<Task> send, Func<Task> receive)
        {
            var times = new List<double>();
            for (int i = 0; i < Echoes + 300; i++)
            {
                long began = Stopwatch.GetTimestamp();
                await send();
                await receive();
                if (i < 300) continue;
                times.Add((Stopwatch.GetTimestamp() - began) * 1e6 / Stopwatch.Frequency);
            }
            times.Sort();
            Console.WriteLine("{0:F1} {1:F1}", times[Echoes / 2], times[Echoes * 99 / 100]);
        }

        private static GracelineClient Ours(string url)
        {
            return new GracelineClient(new GracelineOptions { Url = url });
        }
    }

    internal sealed class Counter
    {
        private long _messages;
        private long _bytes;

        internal long Messages => Interlocked.Read(ref _messages);

        internal void Add(int messages, long bytes)
        {
            // One writer; the reader wants a whole number only.
            Volatile.Write(ref _messages, _messages + messages);
            _bytes += bytes;
        }
    }
}
