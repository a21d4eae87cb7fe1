// The component: one client, pumped on the main thread, told of what Unity tells of the app.
// Must call the library from the main thread only, and must leave no client behind.
using System;
using UnityEngine;

namespace Graceline.Unity
{
    /// <summary>Holds a <see cref="GracelineClient"/> whose events are raised on Unity's main
    /// thread, within a time budget a frame. Derive and override <see cref="Configure"/>, or handle
    /// <see cref="Configuring"/>, to set more options and attach handlers.</summary>
    [DisallowMultipleComponent]
    [AddComponentMenu("Graceline/Graceline Client")]
    public class GracelineBehaviour : MonoBehaviour
    {
        [Tooltip("The server: wss://, or ws:// on this machine.")]
        [SerializeField] private string _url = "ws://127.0.0.1:8080/ws";

        [Tooltip("Connects by itself, and again after a return. Off: call Client.ConnectAsync().")]
        [SerializeField] private bool _autoEstablishSocketConnection = true;

        [Min(0f)]
        [Tooltip("How long the connection is kept in background, in seconds.")]
        [SerializeField] private float _graceSeconds = 30f;

        [Min(0f)]
        [Tooltip("How long events are raised in one frame, in milliseconds.")]
        [SerializeField] private float _budgetMilliseconds = 2f;

        private readonly AppStateReporter _reporter = new AppStateReporter();
        private bool _hasStarted;

        /// <summary>Before the client is made: set options here.</summary>
        public event Action<GracelineOptions> Configuring;

        /// <summary>After the client was made and before it starts: attach handlers here.</summary>
        public event Action<GracelineClient> Created;

        /// <summary>The client; null while the component is disabled.</summary>
        public GracelineClient Client { get; private set; }

        /// <summary>The server; takes effect when the component is enabled.</summary>
        public string Url
        {
            get { return _url; }
            set { _url = value; }
        }

        /// <summary>Whether it connects by itself.</summary>
        public bool AutoEstablishSocketConnection
        {
            get { return _autoEstablishSocketConnection; }
            set { _autoEstablishSocketConnection = value; }
        }

        /// <summary>How long the connection is kept in background; takes effect when the component
        /// is enabled, as <see cref="AutoEstablishSocketConnection"/> does.</summary>
        public float GraceSeconds
        {
            get { return _graceSeconds; }
            set { _graceSeconds = value; }
        }

        /// <summary>For how long events are raised in one frame; the rest comes in the next one.
        /// </summary>
        public float BudgetMilliseconds
        {
            get { return _budgetMilliseconds; }
            set { _budgetMilliseconds = value; }
        }

        /// <summary>Sets options; the base raises <see cref="Configuring"/>.</summary>
        /// <param name="options">The component's own are set already.</param>
        protected virtual void Configure(GracelineOptions options)
        {
            Configuring?.Invoke(options);
        }

        /// <summary>Makes the client and starts it; Awake of every other component has
        /// run.</summary>
        protected virtual void Start()
        {
            _hasStarted = true;
            Open();
        }

        /// <summary>Makes the client anew, where the component was disabled in between.</summary>
        protected virtual void OnEnable()
        {
            if (_hasStarted) Open();
        }

        /// <summary>Raises the events that are there, within the budget.</summary>
        protected virtual void Update()
        {
            var ticks = (long)(_budgetMilliseconds * TimeSpan.TicksPerMillisecond);
            Client?.Pump(TimeSpan.FromTicks(ticks));
        }

        /// <summary>Unity's word for "in background".</summary>
        /// <param name="isPaused">Whether the app is paused.</param>
        protected virtual void OnApplicationPause(bool isPaused)
        {
            _reporter.Paused(Client, isPaused, Application.isFocused);
        }

        /// <summary>Unity's word for "about to leave", and for the end of it.</summary>
        /// <param name="isFocused">Whether the app has the focus.</param>
        protected virtual void OnApplicationFocus(bool isFocused)
        {
            _reporter.Focused(Client, isFocused);
        }

        /// <summary>Tells the server, within 250 ms.</summary>
        protected virtual void OnApplicationQuit()
        {
            Client?.ConfigureServices(ApplicationState.WillTerminate);
            Release();
        }

        /// <summary>Closes the client; it is made anew when the component is enabled
        /// again.</summary>
        protected virtual void OnDisable()
        {
            Release();
        }

        private void Open()
        {
            if (Client != null) return;
            var options = new GracelineOptions
            {
                Url = _url,
                AutoEstablishSocketConnection = _autoEstablishSocketConnection,
                Grace = TimeSpan.FromSeconds(_graceSeconds),
                Delivery = EventDelivery.Manual,
                InitialApplicationState = _reporter.Initial
            };
            IosBackgroundTime.Install(options);
            Configure(options);
            Client = new GracelineClient(options);
            IosBackgroundTime.Attach(Client);
            Created?.Invoke(Client);
            Client.Start();
        }

        private void Release()
        {
            GracelineClient client = Client;
            Client = null;
            if (client == null) return;
            IosBackgroundTime.Detach(client);
            client.Dispose();
        }
    }
}
