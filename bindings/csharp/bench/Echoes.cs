// The subjects of the echo table: one message there and back, many times, at once or after a pause.
// Must send the next one where the answer was seen, as a program that asks and answers does.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline.Bench
{
    internal static class Echoes
    {
        private const int WarmUp = 100;
        private const int Measured = 600;
        private static readonly byte[] Payload = new byte[100];

        internal static Func<string, int, Task<string>> Of(string subject)
        {
            switch (subject)
            {
                case "handler":
                    return Handler;
                case "batches":
                    return Batches;
                case "hook":
                    return Hook;
                case "peer":
                    return Peer;
                default:
                    throw new ArgumentException("no such subject: " + subject);
            }
        }

        private static async Task<string> Batches(string url, int pause)
        {
            using (GracelineClient client = Receivers.Ours(url))
            {
                await client.ConnectAsync();
                IAsyncEnumerator<MessageBatch> reader = client.Batches().GetAsyncEnumerator();
                var times = new Times();
                while (!times.AreEnough)
                {
                    if (pause > 0) await Task.Delay(pause);
                    times.Begin();
                    client.Send(Payload, MessageKind.Binary);
                    await reader.MoveNextAsync();
                    times.End();
                }
                return times.ToString();
            }
        }

        private static async Task<string> Handler(string url, int pause)
        {
            using (GracelineClient client = Receivers.Ours(url))
            {
                await client.ConnectAsync();
                return await InHandler(client, pause).Task;
            }
        }

        /// <summary>The way that the binding does not take: no thread waits in the library, its I/O
        /// thread calls managed code, which has the pool pump.</summary>
        private static async Task<string> Hook(string url, int pause)
        {
            using (GracelineClient client = Receivers.Ours(url, EventDelivery.Manual))
            {
                WaitCallback pump = state => PumpWhileOpen(client);
                WakeFunction wake = data => ThreadPool.UnsafeQueueUserWorkItem(pump, null);
                var handle = (IntPtr)typeof(GracelineClient)
                    .GetProperty("NativePointer", BindingFlags.Instance | BindingFlags.NonPublic)
                    .GetValue(client);
                graceline_client_set_wake_hook(
                    handle, Marshal.GetFunctionPointerForDelegate(wake), IntPtr.Zero, IntPtr.Zero);
                client.Start();
                while (client.Status != ConnectionStatus.Connected)
                {
                    client.Pump();
                    Thread.Yield();
                }
                string result = await InHandler(client, pause).Task;
                GC.KeepAlive(wake);
                return result;
            }
        }

        private static void PumpWhileOpen(GracelineClient client)
        {
            try
            {
                client.Pump();
            }
            catch (ObjectDisposedException)
            {
                // The last wake-up came with the end.
            }
        }

        private static TaskCompletionSource<string> InHandler(GracelineClient client,
                                                              int pause)
        {
            var done = new TaskCompletionSource<string>(
                TaskCreationOptions.RunContinuationsAsynchronously);
            var times = new Times();
            Action ask = () =>
            {
                times.Begin();
                client.Send(Payload, MessageKind.Binary);
            };
            client.MessagesReceived += (sender, messages) =>
            {
                times.End();
                if (times.AreEnough) done.SetResult(times.ToString());
                else if (pause == 0) ask();
                else Task.Delay(pause).ContinueWith(elapsed => ask());
            };
            ask();
            return done;
        }

        private static async Task<string> Peer(string url, int pause)
        {
            using (var peer = new ClientWebSocket())
            {
                await peer.ConnectAsync(new Uri(url), CancellationToken.None);
                var buffer = new Memory<byte>(new byte[64 * 1024]);
                var times = new Times();
                while (!times.AreEnough)
                {
                    if (pause > 0) await Task.Delay(pause);
                    times.Begin();
                    await peer.SendAsync(new ReadOnlyMemory<byte>(Payload),
                                         WebSocketMessageType.Binary, true,
                                         CancellationToken.None);
                    await peer.ReceiveAsync(buffer, CancellationToken.None);
                    times.End();
                }
                return times.ToString();
            }
        }

        [DllImport("graceline_csharp")]
        private static extern int graceline_client_set_wake_hook(IntPtr client, IntPtr wake,
                                                                 IntPtr data, IntPtr free);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void WakeFunction(IntPtr data);

        private sealed class Times
        {
            private readonly List<double> _times = new List<double>(Measured);
            private int _rounds;
            private long _began;

            internal bool AreEnough => _rounds == WarmUp + Measured;

            internal void Begin()
            {
                _began = Stopwatch.GetTimestamp();
            }

            internal void End()
            {
                if (_rounds++ < WarmUp) return;
                _times.Add((Stopwatch.GetTimestamp() - _began) * 1e6 / Stopwatch.Frequency);
            }

            /// <summary>p50 and p99 in µs.</summary>
            public override string ToString()
            {
                _times.Sort();
                return string.Format("{0:F1} {1:F1}", _times[Measured / 2],
                                     _times[Measured * 99 / 100]);
            }
        }
    }
}
