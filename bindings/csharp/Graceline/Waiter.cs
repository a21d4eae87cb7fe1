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
                CancellationTokenRegistration registration = token.Register(() => cancel(this));
                // Given back outside the gate: Dispose() waits for a cancellation that runs, and
                // that one waits for the gate. A token that lives on would keep this object.
                Task.ContinueWith(done => registration.Dispose(), CancellationToken.None,
                                  TaskContinuationOptions.None, TaskScheduler.Default);
            }
            return Task;
        }

        internal void End(T result)
        {
            if (TrySetResult(result)) _client.Unpin();
        }

        internal void Fail(Exception exception)
        {
            if (TrySetException(exception)) _client.Unpin();
        }

        internal void Cancel()
        {
            if (TrySetCanceled(_token)) _client.Unpin();
        }
    }
}
