// One measurement a process: `receive SUBJECT URL`, `echo SUBJECT URL PAUSE_MS`, `pump RATE`.
// Must print one line of numbers; bench.py starts it and makes the tables.
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline.Bench
{
    internal static class Program
    {
        private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(700);
        private static readonly TimeSpan Measured = TimeSpan.FromMilliseconds(1500);

        private static async Task<int> Main(string[] arguments)
        {
            switch (arguments[0])
            {
                case "receive":
                    Receive(Receivers.Of(arguments[1]), arguments[2]);
                    return 0;
                case "echo":
                    Console.WriteLine(await Echoes.Of(arguments[1])(arguments[2],
                                                                    int.Parse(arguments[3])));
                    return 0;
                case "pump":
                    FramePump.Run(int.Parse(arguments[1]));
                    return 0;
                default:
                    return 2;
            }
        }

        /// <summary>Counts what arrives between two moments, and what was allocated
        /// meanwhile.</summary>
        private static void Receive(Func<string, Counter, IDisposable> start, string url)
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
    }

    internal sealed class Counter
    {
        private long _messages;
        private long _size;

        internal long Messages => Interlocked.Read(ref _messages);

        internal void Add(int messages, long size)
        {
            // One writer; the reader wants a whole number only.
            Volatile.Write(ref _messages, _messages + messages);
            _size += size;
        }
    }
}
