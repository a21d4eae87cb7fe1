// One awaited answer. While it is awaited its client is not collected.
// Must not run the awaiting code inside the event's reader.
using System;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    internal sealed class Waiter<T> : TaskCompletionSource<T>
    {
        private readonly GracelineClient _client;
        private CancellationToken _token;
        private CancellationTokenRegistration _registration;

        internal Waiter(GracelineClient client)
            : base(TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _client = client;
            client.Pin();
        }

        internal bool IsCancelled => _token.IsCancellationRequested;

        /// <summary>Calls <paramref name="cancel"/> once, when the token asks for it.</summary>
        internal Task<T> CancelledBy(CancellationToken token, Action<Waiter<T>> cancel)
        {
            if (token.CanBeCanceled)
            {
                _token = token;
                _registration = token.Register(() => cancel(this));
                // The answer may have come before the registration was there to be given back.
                if (Task.IsCompleted) _registration.Dispose();
            }
            return Task;
        }

        internal void End(T result)
        {
            if (TrySetResult(result)) Ended();
        }

        internal void Fail(Exception exception)
        {
            if (TrySetException(exception)) Ended();
        }

        internal void Cancel()
        {
            if (TrySetCanceled(_token)) Ended();
        }

        private void Ended()
        {
            _client.Unpin();
            // Not Dispose(): it would wait for a cancellation that waits for the gate held here.
            _registration = default;
        }
    }
}
