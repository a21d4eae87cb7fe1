// From Unity's pause and focus to the library's app states.
// Must not report a resign while the app is in background: it would imply a return (R24).
namespace Graceline.Unity
{
    internal sealed class AppStateReporter
    {
        private bool _isPaused;
        private bool _hasResigned;

        /// <summary>The state for a client that is made now.</summary>
        internal ApplicationState Initial
        {
            get
            {
                if (_isPaused) return ApplicationState.DidBackground;
                return _hasResigned
                    ? ApplicationState.WillResignActive
                    : ApplicationState.DidBecomeActive;
            }
        }

        internal void Paused(GracelineClient client, bool isPaused, bool isFocused)
        {
            if (isPaused == _isPaused) return;
            _isPaused = isPaused;
            if (isPaused)
            {
                if (!_hasResigned) client?.ConfigureServices(ApplicationState.WillResignActive);
                _hasResigned = true;
                client?.ConfigureServices(ApplicationState.DidBackground);
                return;
            }
            client?.ConfigureServices(ApplicationState.WillEnterForeground);
            // Where Unity tells of no focus, this is the whole return.
            if (isFocused) Activate(client);
        }

        internal void Focused(GracelineClient client, bool isFocused)
        {
            if (_isPaused || isFocused != _hasResigned) return;
            if (isFocused)
            {
                Activate(client);
                return;
            }
            _hasResigned = true;
            client?.ConfigureServices(ApplicationState.WillResignActive);
        }

        private void Activate(GracelineClient client)
        {
            if (!_hasResigned) return;
            _hasResigned = false;
            client?.ConfigureServices(ApplicationState.DidBecomeActive);
        }
    }
}
