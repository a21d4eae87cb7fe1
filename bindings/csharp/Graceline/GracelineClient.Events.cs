// The events of a client, and how a batch of the library becomes calls of handlers, in one order.
// Must hold no lock but the order's own while a handler runs, nor end with a handler's exception.
using System;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading;

namespace Graceline
{
    public sealed partial class GracelineClient
    {
        /// <summary>Messages between two looks at the clock, in a delivery by time
        /// budget.</summary>
        private const int MessagesBetweenLooks = 128;

        private static readonly SendOrPostCallback DeliverPostedCallback =
            self => ((GracelineClient)self).DeliverPosted();
        private static readonly WaitCallback FlushHeldCallback =
            self => ((GracelineClient)self).DeliverHeld();

        private readonly object _deliveryGate = new object();
        private readonly ConcurrentQueue<NativeBatch> _posted = new ConcurrentQueue<NativeBatch>();
        private readonly object _pumpGate = new object();
        private EventHandler<Message> _messageReceived;
        private MessagesHandler _messagesReceived;
        private PumpThread _pump;
        private NativeBatch _unfinished;
        private bool _delivering;

        /// <summary>The status of the connection changed.</summary>
        public event EventHandler<StatusChangedEventArgs> StatusChanged;

        /// <summary>A background task began.</summary>
        public event EventHandler<BackgroundTaskEventArgs> BackgroundTaskBegan;

        /// <summary>A background task ended: its cause says how.</summary>
        public event EventHandler<BackgroundTaskEventArgs> BackgroundTaskEnded;

        /// <summary>What is on screen may be stale.</summary>
        public event EventHandler<RefreshNeededEventArgs> RefreshNeeded;

        /// <summary>A return was judged: skip the refresh, or refresh.</summary>
        public event EventHandler<ReturnJudgedEventArgs> ReturnJudged;

        /// <summary>It is known what was missed while the connection was not up.</summary>
        public event EventHandler<GapJudgedEventArgs> GapJudged;

        /// <summary>The last event of a client that was closed; after Dispose it is not raised.
        /// </summary>
        public event EventHandler Closed;

        /// <summary>Every event that is not a message, where it lies: for logs and tests.</summary>
        public event EventHandlerByView EventReceived;

        /// <summary>One message, as an object that may be kept.</summary>
        public event EventHandler<Message> MessageReceived
        {
            add
            {
                lock (_streamGate) _messageReceived += value;
                RequestHeld();
            }
            remove
            {
                lock (_streamGate) _messageReceived -= value;
            }
        }

        /// <summary>All messages that came together, where they lie: the fast way, without a copy
        /// and without an allocation for each message.</summary>
        public event MessagesHandler MessagesReceived
        {
            add
            {
                lock (_streamGate) _messagesReceived += value;
                RequestHeld();
            }
            remove
            {
                lock (_streamGate) _messagesReceived -= value;
            }
        }

        internal System.Threading.Tasks.Task PumpEnded => _pump?.Ended;

        /// <summary>Takes the events that are there and raises them, with manual
        /// delivery.</summary> <returns>Whether all were raised.</returns>
        public bool Pump()
        {
            return Pump(Timeout.InfiniteTimeSpan);
        }

        /// <summary>Takes the events that are there and raises them, for about this long; what is
        /// left comes first the next time. For manual delivery.</summary>
        /// <param name="budget">A handler that runs is not interrupted.</param>
        /// <returns>Whether all were raised.</returns>
        public bool Pump(TimeSpan budget)
        {
            if (_delivery != EventDelivery.Manual)
            {
                throw new InvalidOperationException(
                    "Pump() is for EventDelivery.Manual; this client has its own thread");
            }
            if (IsDisposed) throw new ObjectDisposedException(nameof(GracelineClient));
            try
            {
                return PumpInOrder(budget);
            }
            finally
            {
                if (IsDisposed) EndByHost();
            }
        }

        /// <summary>Called by the pump thread.</summary>
        internal void TakeBatch(NativeBatch batch)
        {
            if (_context == null)
            {
                lock (_deliveryGate) DeliverAll(batch, true);
                return;
            }
            for (int i = 0; i < batch.Count; i++) Observe(batch, i);
            _posted.Enqueue(batch);
            _context.Post(DeliverPostedCallback, this);
        }

        private bool PumpInOrder(TimeSpan budget)
        {
            lock (_deliveryGate)
            {
                if (_delivering) return false;
                long end = budget == Timeout.InfiniteTimeSpan
                    ? long.MaxValue
                    : Stopwatch.GetTimestamp() + Ticks(budget);
                _delivering = true;
                try
                {
                    return PumpUntil(end);
                }
                finally
                {
                    _delivering = false;
                }
            }
        }

        private static long Ticks(TimeSpan time)
        {
            return (long)(time.TotalSeconds * Stopwatch.Frequency);
        }

        private void EnsurePump()
        {
            if (_delivery == EventDelivery.Manual || Volatile.Read(ref _pump) != null) return;
            lock (_pumpGate)
            {
                if (_pump != null || IsDisposed) return;
                Volatile.Write(ref _pump, PumpThread.Start(this));
            }
        }

        private bool HasPump()
        {
            lock (_pumpGate) return _pump != null;
        }

        private bool PumpUntil(long end)
        {
            DeliverHeldNow();
            bool referenced = false;
            try
            {
                _handle.DangerousAddRef(ref referenced);
                IntPtr raw = _handle.DangerousGetHandle();
                while (!IsDisposed)
                {
                    if (_unfinished == null)
                    {
                        GracelineStatus status = Native.graceline_client_poll(
                            raw, 0, 0, out IntPtr batch);
                        if (status == GracelineStatus.Closed) EndWaits();
                        if (batch == IntPtr.Zero) return true;
                        _unfinished = NativeBatch.Take(batch);
                    }
                    if (!Deliver(_unfinished, end, true)) return false;
                    NativeBatch finished = _unfinished;
                    _unfinished = null;
                    finished.RemoveUser();
                    if (end != long.MaxValue && Stopwatch.GetTimestamp() >= end) return false;
                }
                return true;
            }
            finally
            {
                if (referenced) _handle.DangerousRelease();
            }
        }

        private void DeliverPosted()
        {
            if (_posted.TryDequeue(out NativeBatch batch)) DeliverAll(batch, false);
        }

        private void DeliverAll(NativeBatch batch, bool observes)
        {
            try
            {
                Deliver(batch, long.MaxValue, observes);
            }
            finally
            {
                batch.RemoveUser();
            }
        }

        /// <summary>Goes on at the batch's cursor; false: the time was up before its end.</summary>
        private unsafe bool Deliver(NativeBatch batch, long end, bool observes)
        {
            int count = batch.Count;
            int step = end == long.MaxValue ? count : MessagesBetweenLooks;
            while (batch.Cursor < count)
            {
                int at = batch.Cursor;
                if (batch.At(at)->type == (uint)EventType.Message)
                {
                    int last = batch.EndOfMessages(at, Math.Min(count, at + step));
                    batch.Cursor = last;
                    DeliverMessages(batch, at, last);
                }
                else
                {
                    batch.Cursor = at + 1;
                    if (observes) Observe(batch, at);
                    if (!IsDisposed) Raise(new EventView(batch.At(at)));
                }
                if (end != long.MaxValue && Stopwatch.GetTimestamp() >= end) break;
            }
            return batch.Cursor >= count;
        }

        private void DeliverMessages(NativeBatch batch, int first, int end)
        {
            if (IsDisposed) return;
            if (_heldCount > 0) DeliverHeldNow();
            EventHandler<Message> each;
            MessagesHandler views;
            lock (_streamGate)
            {
                each = _messageReceived;
                views = _messagesReceived;
                PushToStreams(batch, first, end, each != null || views != null);
            }
            RaiseMessages(each, views, batch, first, end);
        }

        private unsafe void RaiseMessages(EventHandler<Message> each, MessagesHandler views,
                                          NativeBatch batch, int first, int end)
        {
            if (views != null)
            {
                try
                {
                    views(this, new MessageBatchView(batch, first, end));
                }
                catch (Exception exception)
                {
                    GracelineLibrary.Report(exception);
                }
            }
            if (each == null) return;
            for (int i = first; i < end && !IsDisposed; i++)
            {
                try
                {
                    each(this, new MessageView(batch.At(i)).ToMessage());
                }
                catch (Exception exception)
                {
                    GracelineLibrary.Report(exception);
                }
            }
        }

        private void RequestHeld()
        {
            if (_heldCount == 0 || _delivery == EventDelivery.Manual) return;
            if (_context != null) _context.Post(state => DeliverHeld(), null);
            else ThreadPool.QueueUserWorkItem(FlushHeldCallback, this);
        }

        private void DeliverHeld()
        {
            lock (_deliveryGate) DeliverHeldNow();
        }

        /// <summary>What came before the first handler was there.</summary>
        private void DeliverHeldNow()
        {
            while (_heldCount > 0 && !IsDisposed)
            {
                EventHandler<Message> each;
                MessagesHandler views;
                MessageSegment segment;
                lock (_streamGate)
                {
                    each = _messageReceived;
                    views = _messagesReceived;
                    if ((each == null && views == null) || !TryTakeHeld(out segment)) return;
                }
                RaiseMessages(each, views, segment.Batch, segment.First, segment.End);
                segment.Batch.RemoveUser();
            }
        }

        private void Raise(EventView view)
        {
            try
            {
                EventReceived?.Invoke(this, view);
                RaiseTyped(view);
            }
            catch (Exception exception)
            {
                GracelineLibrary.Report(exception);
            }
        }

        private unsafe void RaiseTyped(EventView view)
        {
            switch (view.Type)
            {
                case EventType.ConnectionStatus:
                    StatusChanged?.Invoke(this, new StatusChangedEventArgs(view));
                    break;
                case EventType.BackgroundTaskBegan:
                    BackgroundTaskBegan?.Invoke(this, new BackgroundTaskEventArgs(view));
                    break;
                case EventType.BackgroundTaskEnded:
                    BackgroundTaskEnded?.Invoke(this, new BackgroundTaskEventArgs(view));
                    break;
                case EventType.GapVerdict:
                    GapJudged?.Invoke(this, new GapJudgedEventArgs(view));
                    break;
                case EventType.ReturnVerdict:
                    ReturnJudged?.Invoke(this, new ReturnJudgedEventArgs(view));
                    break;
                case EventType.RefreshNeeded:
                    RefreshNeeded?.Invoke(this, new RefreshNeededEventArgs(view));
                    break;
                case EventType.Closed:
                    Closed?.Invoke(this, EventArgs.Empty);
                    break;
                case EventType.TokenNeeded:
                    if (_tokenProvider != null) AskForToken((ulong)view.RequestId);
                    break;
                case EventType.FetchNeeded:
                    if (_fetch != null)
                    {
                        AskForPage((ulong)view.RequestId,
                                   new PageFetch(view.Native->details->fetch));
                    }
                    break;
            }
        }
    }
}
