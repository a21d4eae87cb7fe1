// What a frame of a 60 Hz loop pays for Pump(), while messages come at a steady rate.
// Must pump on one thread, as Unity's main thread does; the server is another thread of this
// process.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;

namespace Graceline.Bench
{
    internal static class FramePump
    {
        private const int FramesASecond = 60;
        private const int Frames = 300;
        private const int WarmUpFrames = 120;
        private const int PayloadBytes = 100;

        /// <summary>Prints messages a frame, p50 and p99 of the frame's cost in µs, bytes a
        /// message. </summary>
        internal static void Run(int rate)
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            var server = new Thread(() => Serve(listener, rate)) { IsBackground = true };
            server.Start();
            long messages = 0;
            long bytes = 0;
            using (var client = new GracelineClient(new GracelineOptions
            {
                Url = "ws://127.0.0.1:" + port + "/",
                Delivery = EventDelivery.Manual
            }))
            {
                client.MessagesReceived += (sender, batch) =>
                {
                    // Not Data[0]: Mono 6.8 does not find the indexer of netstandard2.1.
                    foreach (MessageView message in batch)
                    {
                        bytes += MemoryMarshal.GetReference(message.Data);
                    }
                    messages += batch.Count;
                };
                client.Start();
                Measure(client, () => messages);
            }
        }

        private static void Measure(GracelineClient client, Func<long> count)
        {
            var costs = new List<double>();
            long allocated = 0;
            long before = 0;
            var clock = Stopwatch.StartNew();
            for (int frame = 0; frame < WarmUpFrames + Frames; frame++)
            {
                if (frame == WarmUpFrames)
                {
                    before = count();
                    allocated = Allocated();
                }
                long began = Stopwatch.GetTimestamp();
                client.Pump(TimeSpan.FromMilliseconds(5));
                double cost = (Stopwatch.GetTimestamp() - began) * 1e6 / Stopwatch.Frequency;
                if (frame >= WarmUpFrames) costs.Add(cost);
                double next = (frame + 1) * 1000.0 / FramesASecond;
                double left = next - clock.Elapsed.TotalMilliseconds;
                if (left > 0) Thread.Sleep(TimeSpan.FromMilliseconds(left));
            }
            allocated = Allocated() - allocated;
            double received = count() - before;
            costs.Sort();
            Console.WriteLine("{0:F0} {1:F1} {2:F1} {3:F4}", received / Frames, costs[Frames / 2],
                              costs[Frames * 99 / 100], allocated / Math.Max(received, 1));
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

        private static void Serve(TcpListener listener, int rate)
        {
            try
            {
                using (Socket peer = listener.AcceptSocket())
                {
                    peer.NoDelay = true;
                    Upgrade(peer);
                    // Four writes a frame, so that messages come as they do: spread.
                    const int writes = FramesASecond * 4;
                    byte[] burst = Burst(rate / writes);
                    var clock = Stopwatch.StartNew();
                    for (long write = 1; ; write++)
                    {
                        peer.Send(burst);
                        double left = write * 1000.0 / writes - clock.Elapsed.TotalMilliseconds;
                        if (left > 0) Thread.Sleep(TimeSpan.FromMilliseconds(left));
                    }
                }
            }
            catch (SocketException)
            {
                // The client has left.
            }
        }

        private static void Upgrade(Socket peer)
        {
            var buffer = new byte[4096];
            int size = peer.Receive(buffer);
            string request = Encoding.ASCII.GetString(buffer, 0, size);
            string key = Regex.Match(request, @"Sec-WebSocket-Key: (\S+)",
                                     RegexOptions.IgnoreCase).Groups[1].Value;
            string accept;
            using (SHA1 sha = SHA1.Create())
            {
                accept = Convert.ToBase64String(sha.ComputeHash(
                    Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
            }
            peer.Send(Encoding.ASCII.GetBytes(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
                "Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + "\r\n\r\n"));
        }

        private static byte[] Burst(int messages)
        {
            var frame = new byte[PayloadBytes + 2];
            frame[0] = 0x81;
            frame[1] = PayloadBytes;
            for (int i = 0; i < PayloadBytes; i++) frame[i + 2] = (byte)'a';
            var burst = new MemoryStream();
            for (int i = 0; i < messages; i++) burst.Write(frame, 0, frame.Length);
            return burst.ToArray();
        }
    }
}
