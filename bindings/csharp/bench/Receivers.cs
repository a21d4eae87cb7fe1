// The subjects of the receive table: ours and ClientWebSocket's, in pairs that make the same of a
// message. Must leave nothing out that the pair's other half does.
using System;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline.Bench
{
    internal static class Receivers
    {
        internal static Func<string, Counter, IDisposable> Of(string subject)
        {
            switch (subject)
            {
                case "views":
                    return Views;
                case "batches":
                    return Batches;
                case "view-strings":
                    return ViewStrings;
                case "objects":
                    return Objects;
                case "object-strings":
                    return ObjectStrings;
                case "peer-buffer":
                    return Peer((buffer, size) => size);
                case "peer-copies":
                    return Peer((buffer, size) => buffer.AsSpan(0, size).ToArray().Length);
                case "peer-strings":
                    return Peer((buffer, size) => Encoding.UTF8.GetString(buffer, 0, size).Length);
                default:
                    throw new ArgumentException("no such subject: " + subject);
            }
        }

        internal static GracelineClient Ours(string url,
                                             EventDelivery delivery = EventDelivery.Thread)
        {
            return new GracelineClient(new GracelineOptions { Url = url, Delivery = delivery });
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

        private static IDisposable ViewStrings(string url, Counter counter)
        {
            GracelineClient client = Ours(url);
            client.MessagesReceived += (sender, messages) =>
            {
                foreach (MessageView message in messages)
                {
                    counter.Add(1, message.GetText().Length);
                }
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

        private static IDisposable ObjectStrings(string url, Counter counter)
        {
            GracelineClient client = Ours(url);
            client.MessageReceived += (sender, message) => counter.Add(1, message.Text.Length);
            client.Start();
            return client;
        }

        private static Func<string, Counter, IDisposable> Peer(Func<byte[], int, long> take)
        {
            return (url, counter) =>
            {
                var peer = new ClientWebSocket();
                peer.ConnectAsync(new Uri(url), CancellationToken.None).Wait();
                Task.Run(async () =>
                {
                    // One message a call: it is far smaller than the buffer.
                    var buffer = new byte[64 * 1024];
                    while (true)
                    {
                        ValueWebSocketReceiveResult got =
                            await peer.ReceiveAsync(new Memory<byte>(buffer),
                                                    CancellationToken.None);
                        counter.Add(got.EndOfMessage ? 1 : 0, take(buffer, got.Count));
                    }
                });
                return peer;
            };
        }
    }
}
