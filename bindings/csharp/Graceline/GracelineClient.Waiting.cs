// What is awaited: the connection, fates, pings and pages, each ended by exactly one event.
// Must register under the gate that the event's reader takes too, or an answer could come first;
// what refuses a call comes through its task, as what ends it later does.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    public sealed partial class GracelineClient
    {
        private static readonly TimeSpan ClosingLook = TimeSpan.FromMilliseconds(5);

        private readonly object _waitGate = new object();
        private readonly Dictionary<ulong, Waiter<SendResult>> _sends =
            new Dictionary<ulong, Waiter<SendResult>>();
        private readonly Dictionary<ulong, Waiter<Page>> _pages =
            new Dictionary<ulong, Waiter<Page>>();
        private readonly List<Waiter<TimeSpan>> _pings = new List<Waiter<TimeSpan>>();
        private readonly List<Waiter<bool>> _connects = new List<Waiter<bool>>();
        private bool _waitsEnded;

        internal WeakReference<GracelineClient> WeakSelf =>
            _weakSelf ?? (_weakSelf = new WeakReference<GracelineClient>(this));

        private WeakReference<GracelineClient> _weakSelf;

        /// <summary>Wants a connection from now on, and waits until it is up; starts the client
        /// where it was not started.</summary>
        /// <param name="cancellationToken">Ends the wait; the connection stays wanted. Cancelled
        /// already: nothing is done.</param>
        /// <returns>The wait.</returns>
        /// <exception cref="GracelineException">It ended for good: the reason and the HTTP status
        /// say why.</exception>
        public Task ConnectAsync(CancellationToken cancellationToken = default)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromCanceled(cancellationToken);
            }
            Waiter<bool> waiter;
            try
            {
                Start();
                lock (_waitGate)
                {
                    Check(Native.graceline_client_connect(Handle));
                    if (Status == ConnectionStatus.Connected) return Task.CompletedTask;
                    waiter = Add(_connects);
                }
            }
            catch (Exception refused)
            {
                return Task.FromException(refused);
            }
            return waiter.CancelledBy(cancellationToken, Forget);
        }

        /// <summary>Ends the connection, and waits until it is closed, for at most
        /// <see cref="GracelineOptions.CloseTimeout"/>; none is wanted until
        /// <see cref="ConnectAsync"/>.</summary>
        /// <param name="cancellationToken">Ends the wait; the connection ends all the
        /// same.</param>
        /// <returns>The wait.</returns>
        public async Task DisconnectAsync(CancellationToken cancellationToken = default)
        {
            EnsurePump();
            Check(Native.graceline_client_disconnect(Handle));
            // The status is Disconnected at once, and the end of the close handshake is no event.
            while (!IsDisposed && Info.Phase == ConnectionPhase.Closing)
            {
                await Task.Delay(ClosingLook, cancellationToken).ConfigureAwait(false);
            }
        }

        /// <summary>Measures the round trip; in background restarts the window.</summary>
        /// <param name="cancellationToken">Ends the wait.</param>
        /// <returns>The round trip.</returns>
        public Task<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromCanceled<TimeSpan>(cancellationToken);
            }
            Waiter<TimeSpan> waiter;
            try
            {
                EnsurePump();
                lock (_waitGate)
                {
                    Check(Native.graceline_client_ping(Handle));
                    waiter = Add(_pings);
                }
            }
            catch (Exception refused)
            {
                return Task.FromException<TimeSpan>(refused);
            }
            return waiter.CancelledBy(cancellationToken, Forget);
        }

        internal delegate GracelineStatus FetchCall(out ulong request);

        internal Task<Page> FetchAsync(FetchCall call, Action cancel, CancellationToken token)
        {
            if (token.IsCancellationRequested) return Task.FromCanceled<Page>(token);
            Waiter<Page> waiter;
            try
            {
                EnsurePump();
                lock (_waitGate)
                {
                    Check(call(out ulong request));
                    waiter = new Waiter<Page>(this);
                    _pages.Add(request, waiter);
                }
            }
            catch (Exception refused)
            {
                return Task.FromException<Page>(refused);
            }
            // The library answers the cancelled request; its answer ends the wait.
            return waiter.CancelledBy(token, cancelled => cancel());
        }

        internal void Pin()
        {
            Volatile.Read(ref _pump)?.Pin(this);
        }

        internal void Unpin()
        {
            Volatile.Read(ref _pump)?.Unpin();
        }

        /// <summary>Ends the waits that an event answers.</summary>
        private unsafe void Observe(NativeBatch batch, int index)
        {
            var view = new EventView(batch.At(index));
            switch (view.Type)
            {
                case EventType.ConnectionStatus:
                    ObserveStatus(view);
                    break;
                case EventType.SendFate:
                    ObserveFates(view);
                    break;
                case EventType.PingCompleted:
                    ObservePing(view);
                    break;
                case EventType.RequestCompleted:
                    ObservePage(view);
                    break;
                case EventType.Closed:
                    EndWaits();
                    break;
            }
        }

        private void ObserveStatus(EventView view)
        {
            lock (_waitGate)
            {
                // Counted under the gate: between the look at the status and the wait that
                // ConnectAsync begins there is room for this event.
                if (_connects.Count == 0) return;
                // The event may be old, the query is not; but only the event knows why it ended.
                ConnectionStatus now = Status;
                bool hasEnded = now == ConnectionStatus.Disconnected &&
                                view.ConnectionStatus == ConnectionStatus.Disconnected;
                if (now == ConnectionStatus.Connected) TakeAll(_connects, each => each.End(true));
                if (hasEnded)
                {
                    var failure = new GracelineException(
                        view.Text, GracelineStatus.NotConnected, view.Reason, view.HttpStatus,
                        view.CloseCode);
                    TakeAll(_connects, each => each.Fail(failure));
                }
            }
        }

        private void ObserveFates(EventView view)
        {
            lock (_waitGate)
            {
                if (_sends.Count == 0) return;
                for (long id = view.FirstId; id <= view.LastId; id++)
                {
                    if (!_sends.TryGetValue((ulong)id, out Waiter<SendResult> waiter)) continue;
                    _sends.Remove((ulong)id);
                    if (view.Reason == Reason.SendCancelled && waiter.IsCancelled) waiter.Cancel();
                    else waiter.End(new SendResult(id, view.Fate, view.Reason));
                }
            }
        }

        private void ObservePing(EventView view)
        {
            lock (_waitGate)
            {
                if (view.RoundTrip.HasValue)
                {
                    TimeSpan roundTrip = view.RoundTrip.Value;
                    TakeAll(_pings, each => each.End(roundTrip));
                    return;
                }
                var failure = new GracelineException(
                    view.Text, GracelineStatus.NotConnected, view.Reason);
                TakeAll(_pings, each => each.Fail(failure));
            }
        }

        private void ObservePage(EventView view)
        {
            lock (_waitGate)
            {
                if (!_pages.TryGetValue((ulong)view.RequestId, out Waiter<Page> waiter)) return;
                _pages.Remove((ulong)view.RequestId);
                if (view.RequestStatus == GracelineStatus.Ok)
                {
                    waiter.End(view.ReadPage());
                }
                else if (view.RequestStatus == GracelineStatus.Cancelled && waiter.IsCancelled)
                {
                    waiter.Cancel();
                }
                else
                {
                    waiter.Fail(new GracelineException(
                        view.Text, view.RequestStatus, view.Reason, view.HttpStatus)
                    {
                        RetryIn = view.RetryIn
                    });
                }
            }
        }

        /// <summary>After the last event: nothing more will come.</summary>
        internal void EndWaits()
        {
            var gone = new ObjectDisposedException(nameof(GracelineClient));
            lock (_waitGate)
            {
                if (_waitsEnded) return;
                _waitsEnded = true;
                foreach (Waiter<SendResult> each in _sends.Values) each.Fail(gone);
                foreach (Waiter<Page> each in _pages.Values) each.Fail(gone);
                _sends.Clear();
                _pages.Clear();
                TakeAll(_pings, each => each.Fail(gone));
                TakeAll(_connects, each => each.Fail(gone));
            }
            EndStreams();
        }

        /// <summary>Dispose without a thread: what is there is read, the rest ends.</summary>
        private void EndByHost()
        {
            // Busy: whoever delivers sees the end when it has delivered, and comes here then.
            if (!Monitor.TryEnter(_deliveryGate)) return;
            try
            {
                // Inside a handler: the delivery above on this thread's stack does it at its end.
                if (_delivering) return;
                DrainAfterClose();
            }
            finally
            {
                Monitor.Exit(_deliveryGate);
            }
            EndWaits();
        }

        private void DrainAfterClose()
        {
            if (_unfinished != null)
            {
                DeliverAll(_unfinished, true);
                _unfinished = null;
            }
            if (_handle.IsClosed) return;
            IntPtr raw = _handle.DangerousGetHandle();
            while (Native.graceline_client_poll(raw, 0, 0, out IntPtr batch) ==
                       GracelineStatus.Ok && batch != IntPtr.Zero)
            {
                DeliverAll(NativeBatch.Take(batch), true);
            }
        }

        private Waiter<T> Add<T>(List<Waiter<T>> waiters)
        {
            if (_waitsEnded) throw new ObjectDisposedException(nameof(GracelineClient));
            var waiter = new Waiter<T>(this);
            waiters.Add(waiter);
            return waiter;
        }

        private static void TakeAll<T>(List<Waiter<T>> waiters, Action<Waiter<T>> end)
        {
            foreach (Waiter<T> each in waiters) end(each);
            waiters.Clear();
        }

        private void Forget(Waiter<bool> waiter)
        {
            lock (_waitGate)
            {
                if (_connects.Remove(waiter)) waiter.Cancel();
            }
        }

        private void Forget(Waiter<TimeSpan> waiter)
        {
            lock (_waitGate)
            {
                if (_pings.Remove(waiter)) waiter.Cancel();
            }
        }
    }
}
