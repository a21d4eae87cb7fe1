// A client: its life, what the host reports to it, and what it may be asked.
// Must not wait for the network in any call that is not a Task.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>One WebSocket connection that survives a short time in background, and tells the
    /// truth about whether what is on screen may be trusted.</summary>
    /// <remarks>Every member may be used from every thread. Keep a reference to a client while it
    /// is
    /// wanted: one that is forgotten is closed by the garbage collector, unless a call or a reader
    /// of it is still awaited.</remarks>
    public sealed partial class GracelineClient : IDisposable, IAsyncDisposable
    {
        private readonly ClientHandle _handle;
        private readonly EventDelivery _delivery;
        private readonly SynchronizationContext _context;
        private readonly Func<CancellationToken, Task<string>> _tokenProvider;
        private readonly Func<PageFetch, CancellationToken, Task<PageAnswer>> _fetch;
        private readonly bool _discardsUnhandled;
        private readonly CancellationTokenSource _lifetime = new CancellationTokenSource();
        private int _disposed;

        /// <summary>Makes a client; nothing is connected before <see cref="Start"/> or
        /// <see cref="ConnectAsync"/>.</summary>
        /// <param name="options">What differs from the defaults; copied.</param>
        /// <exception cref="ArgumentException">An option breaks its rule; the text names both.
        /// </exception>
        public GracelineClient(GracelineOptions options)
        {
            if (options == null) throw new ArgumentNullException(nameof(options));
            GracelineLibrary.CheckLoaded();
            CheckDelivery(options);
            _delivery = options.Delivery;
            _context = options.SynchronizationContext;
            _tokenProvider = options.TokenProvider;
            _fetch = options.History?.Fetch;
            _discardsUnhandled = options.DiscardUnhandledMessages;
            AutoEstablishSocketConnection = options.AutoEstablishSocketConnection;
            _handle = Create(options);
            LiveClients.Add(this);
        }

        /// <summary>Closes a client that was forgotten.</summary>
        ~GracelineClient()
        {
            if (_handle == null || _handle.IsClosed) return;
            // The pump reads what is left and releases; without one the handle's own finaliser
            // does.
            Native.graceline_client_close(_handle);
            ReleaseUnread();
        }

        /// <summary>Whether it connects by itself from <see cref="Start"/> on.</summary>
        public bool AutoEstablishSocketConnection { get; }

        /// <summary>The published status; Disconnected after Dispose.</summary>
        public ConnectionStatus Status
        {
            get
            {
                try
                {
                    return Native.graceline_client_connection_status(_handle);
                }
                catch (ObjectDisposedException)
                {
                    return ConnectionStatus.Disconnected;
                }
            }
        }

        /// <summary>True: updates are continuous, skip the refresh. False: refresh; also before the
        /// first time in background, and after Dispose.</summary>
        public bool BackgroundTaskEnabled
        {
            get
            {
                try
                {
                    return Native.graceline_client_background_task_enabled(_handle) != 0;
                }
                catch (ObjectDisposedException)
                {
                    return false;
                }
            }
        }

        /// <summary>What is on screen may be stale; true after Dispose.</summary>
        public bool NeedsRefresh
        {
            get
            {
                try
                {
                    return Native.graceline_client_needs_refresh(_handle) != 0;
                }
                catch (ObjectDisposedException)
                {
                    return true;
                }
            }
        }

        /// <summary>What is left of the window; <see cref="Timeout.InfiniteTimeSpan"/>: without a
        /// limit, or not yet started.</summary>
        public TimeSpan BackgroundTimeRemaining
        {
            get
            {
                try
                {
                    return Durations.FromNative(
                        Native.graceline_client_background_time_remaining_ms(_handle));
                }
                catch (ObjectDisposedException)
                {
                    return TimeSpan.Zero;
                }
            }
        }

        /// <summary>Everything about the connection now.</summary>
        public unsafe ConnectionInfo Info
        {
            get
            {
                NativeConnectionInfo info;
                info.struct_size = (uint)sizeof(NativeConnectionInfo);
                Check(Native.graceline_client_connection_info(Handle, &info));
                return new ConnectionInfo(&info);
            }
        }

        /// <summary>Counters since the client was made.</summary>
        public unsafe Statistics Statistics
        {
            get
            {
                NativeStatistics statistics;
                statistics.struct_size = (uint)sizeof(NativeStatistics);
                Check(Native.graceline_client_statistics(Handle, &statistics));
                return new Statistics(&statistics);
            }
        }

        /// <summary>For calls that a disposed client refuses, in its own name.</summary>
        internal ClientHandle Handle => IsDisposed
            ? throw new ObjectDisposedException(nameof(GracelineClient))
            : _handle;

        /// <summary>For C code of the host; valid until Dispose.</summary>
        internal IntPtr NativePointer => _handle.DangerousGetHandle();

        private bool IsDisposed => Volatile.Read(ref _disposed) != 0;

        /// <summary>Starts the client; with <see cref="AutoEstablishSocketConnection"/> it
        /// connects. Attach the handlers before.</summary>
        public void Start()
        {
            Check(Native.graceline_client_start(Handle));
            EnsurePump();
        }

        /// <summary>Reports an app state. Returns at once.</summary>
        /// <param name="state">The state; the return must be reported too.</param>
        public void ConfigureServices(ApplicationState state)
        {
            EnsurePump();
            Check(Native.graceline_client_configure_services(Handle, state));
        }

        /// <summary>The system is about to take the background time back. Returns when the
        /// connection is closed or aborted, within <see cref="GracelineOptions.CloseTimeout"/>.
        /// </summary>
        public void BackgroundTimeExpiring()
        {
            Check(Native.graceline_client_background_time_expiring(Handle));
        }

        /// <summary>Reports the network.</summary>
        /// <param name="network">What is known of it.</param>
        public void NetworkChanged(NetworkState network)
        {
            Check(Native.graceline_client_network_changed(Handle, network));
        }

        /// <summary>Takes a mark before a refresh by the host's own means is fetched.</summary>
        /// <returns>The mark, for <see cref="MarkRefreshed"/>.</returns>
        public long RefreshBegin()
        {
            Check(Native.graceline_client_refresh_begin(Handle, out ulong mark));
            return (long)mark;
        }

        /// <summary>Closes the gaps that had ended when the mark was taken.</summary>
        /// <param name="mark">From <see cref="RefreshBegin"/>.</param>
        public void MarkRefreshed(long mark)
        {
            Check(Native.graceline_client_mark_refreshed(Handle, (ulong)mark));
        }

        /// <summary>The position: the last message before which nothing is missing, to be given as
        /// <see cref="GracelineOptions.LastMessageId"/> at the next start; null: none
        /// yet.</summary>
        /// <param name="conversation">Null where the history is one list.</param>
        /// <returns>The id, or null.</returns>
        public unsafe string LastMessageId(string conversation = null)
        {
            using (var arena = new Arena())
            {
                byte* name = arena.Text(nameof(conversation), conversation);
                byte* buffer = null;
                UIntPtr size = UIntPtr.Zero;
                while (true)
                {
                    GracelineStatus status = Native.graceline_client_last_message_id(
                        Handle, name, buffer, size, out UIntPtr needed);
                    if (status == GracelineStatus.Ok && needed == UIntPtr.Zero) return null;
                    if (status == GracelineStatus.Ok && buffer != null) return Utf8.Read(buffer);
                    // The position may have moved to a longer id since the size was asked for.
                    bool grew = (ulong)needed > (ulong)size;
                    if (status != GracelineStatus.Ok && !grew) Check(status);
                    size = needed;
                    buffer = arena.Bytes((int)needed);
                }
            }
        }

        /// <summary>Pages through messages.</summary>
        /// <param name="options">Null: the newest messages of all.</param>
        /// <returns>The request; nothing is fetched yet.</returns>
        public MessagesRequest MessagesRequest(MessagesRequestOptions options = null)
        {
            return new MessagesRequest(this, options ?? new MessagesRequestOptions());
        }

        /// <summary>Pages through conversations.</summary>
        /// <param name="limit">Conversations a page, 1 to 50.</param>
        /// <returns>The request; nothing is fetched yet.</returns>
        public ConversationsRequest ConversationsRequest(int limit = 30)
        {
            return new ConversationsRequest(this, limit);
        }

        /// <summary>Ends the client in order and returns at once: what is awaited ends, events go
        /// on until <see cref="Closed"/>. <see cref="Dispose"/> is still needed.</summary>
        public void Close()
        {
            if (IsDisposed) return;
            try
            {
                Native.graceline_client_close(_handle);
            }
            catch (ObjectDisposedException)
            {
                // Disposed meanwhile, which is more.
            }
        }

        /// <summary>Closes the client in order and returns at once. No event is raised afterwards;
        /// what is awaited ends with its fate or <see cref="ObjectDisposedException"/>.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
            GC.SuppressFinalize(this);
            Native.graceline_client_close(_handle);
            LiveClients.Remove(this);
            if (!HasPump()) EndByHost();
            _handle.Dispose();
            CancelProviders();
        }

        /// <summary>Closes the client and waits until the server was told, for at most
        /// <see cref="GracelineOptions.CloseTimeout"/>. With manual delivery it is
        /// <see cref="Dispose"/>, which waits for nothing.</summary>
        /// <returns>The wait.</returns>
        public ValueTask DisposeAsync()
        {
            Dispose();
            Task ended = PumpEnded;
            return ended == null ? default : new ValueTask(ended);
        }

        internal void Check(GracelineStatus status)
        {
            if (status == GracelineStatus.Ok) return;
            if (IsDisposed) throw new ObjectDisposedException(nameof(GracelineClient));
            throw GracelineException.From(status);
        }

        /// <summary>The rules of what C has not.</summary>
        private static void CheckDelivery(GracelineOptions options)
        {
            if (options.Delivery < EventDelivery.Thread || options.Delivery > EventDelivery.Manual)
            {
                throw new ArgumentException(
                    "Delivery: must be an EventDelivery", nameof(options.Delivery));
            }
            if (options.Delivery == EventDelivery.Manual && options.SynchronizationContext != null)
            {
                throw new ArgumentException(
                    "SynchronizationContext: must be null with manual delivery, where events are " +
                    "raised by Pump()", nameof(options.SynchronizationContext));
            }
            if (options.BackgroundTime != null && options.NativeBackgroundTime != null)
            {
                throw new ArgumentException(
                    "NativeBackgroundTime: must be null together with BackgroundTime",
                    nameof(options.NativeBackgroundTime));
            }
        }

        private static unsafe ClientHandle Create(GracelineOptions options)
        {
            using (var arena = new Arena())
            {
                NativeOptions* native = OptionsMarshaller.Write(options, arena);
                HostHooks.Install(native, options);
                GracelineStatus status =
                    Native.graceline_client_create(native, out IntPtr client);
                if (status == GracelineStatus.Ok) return new ClientHandle(client);
                Exception refused = GracelineException.From(status);
                HostHooks.Uninstall(native);
                throw refused;
            }
        }

        private void CancelProviders()
        {
            try
            {
                _lifetime.Cancel();
            }
            catch (AggregateException exception)
            {
                GracelineLibrary.Report(exception);
            }
        }
    }
}
