// All clients of the process that were not disposed, so that an end of the process or of the code
// domain can end them. Must not keep a client alive.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading.Tasks;

namespace Graceline
{
    internal static class LiveClients
    {
        private static readonly TimeSpan ExitBound = TimeSpan.FromSeconds(1);
        private static readonly object Gate = new object();
        private static readonly HashSet<WeakReference<GracelineClient>> Clients =
            new HashSet<WeakReference<GracelineClient>>();
        private static int _pruneAt = 64;

        internal static int Count
        {
            get
            {
                lock (Gate)
                {
                    Prune();
                    return Clients.Count;
                }
            }
        }

        internal static void Add(GracelineClient client)
        {
            lock (Gate)
            {
                if (Clients.Count >= _pruneAt)
                {
                    Prune();
                    _pruneAt = Math.Max(64, Clients.Count * 2);
                }
                Clients.Add(client.WeakSelf);
            }
        }

        internal static void Remove(GracelineClient client)
        {
            lock (Gate)
            {
                Clients.Remove(client.WeakSelf);
            }
        }

        internal static void EndWithTheProcess()
        {
            // Released, not only closed: Mono waits at its end for every thread that ever ran
            // managed code, and the library's end with the last client.
            AppDomain.CurrentDomain.ProcessExit += (sender, arguments) => ReleaseAll(ExitBound);
            AppDomain.CurrentDomain.DomainUnload += (sender, arguments) => ReleaseAll(ExitBound);
        }

        internal static bool ReleaseAll(TimeSpan timeout)
        {
            var watch = Stopwatch.StartNew();
            List<GracelineClient> living = Living();
            if (living.Count > 0) Native.graceline_shutdown();
            var ends = new List<Task>();
            foreach (GracelineClient client in living)
            {
                client.Dispose();
                if (client.PumpEnded != null) ends.Add(client.PumpEnded);
            }
            bool quiet = Task.WaitAll(ends.ToArray(), Left(timeout, watch));
            return HostHooks.WaitUntilNone(Left(timeout, watch)) && quiet;
        }

        private static List<GracelineClient> Living()
        {
            var living = new List<GracelineClient>();
            lock (Gate)
            {
                foreach (WeakReference<GracelineClient> each in Clients)
                {
                    if (each.TryGetTarget(out GracelineClient client)) living.Add(client);
                }
            }
            return living;
        }

        private static TimeSpan Left(TimeSpan timeout, Stopwatch watch)
        {
            TimeSpan left = timeout - watch.Elapsed;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        private static void Prune()
        {
            Clients.RemoveWhere(each => !each.TryGetTarget(out GracelineClient _));
        }
    }
}
