// The host's own answers: a token, and pages of history fetched by the host's HTTP.
// Must answer each question once, whatever the host's code does.
using System;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Graceline
{
    public sealed partial class GracelineClient
    {
        /// <summary>What the library said to the host's last answer; State: it came too
        /// late.</summary>
        internal GracelineStatus LastAnswer { get; private set; }

        private void AskForToken(ulong question)
        {
            Task<string> asked;
            try
            {
                asked = _tokenProvider(_lifetime.Token) ?? Task.FromResult<string>(null);
            }
            catch (Exception exception)
            {
                asked = Task.FromException<string>(exception);
            }
            asked.ContinueWith(answer => AnswerToken(question, answer), _lifetime.Token,
                               TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        private unsafe void AnswerToken(ulong question, Task<string> answer)
        {
            if (IsDisposed) return;
            string token = Result(answer);
            try
            {
                using (var arena = new Arena())
                {
                    GracelineStatus status = token == null
                        ? GracelineStatus.Cancelled
                        : GracelineStatus.Ok;
                    status = Native.graceline_client_provide_token(
                        _handle, question, arena.Text("token", token), status);
                    LastAnswer = status;
                    if (status != GracelineStatus.InvalidArgument) return;
                    // The question stays open; a token that cannot be sent is none.
                    GracelineLibrary.Report(GracelineException.From(status));
                    Native.graceline_client_provide_token(
                        _handle, question, null, GracelineStatus.Cancelled);
                }
            }
            catch (ObjectDisposedException)
            {
                // Disposed meanwhile: nobody asks any more.
            }
        }

        private void AskForPage(ulong question, PageFetch page)
        {
            Task<PageAnswer> asked;
            try
            {
                asked = _fetch(page, _lifetime.Token) ?? Task.FromResult<PageAnswer>(null);
            }
            catch (Exception exception)
            {
                asked = Task.FromException<PageAnswer>(exception);
            }
            asked.ContinueWith(answer => AnswerPage(question, answer), _lifetime.Token,
                               TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        private unsafe void AnswerPage(ulong question, Task<PageAnswer> answer)
        {
            if (IsDisposed) return;
            PageAnswer page = Result(answer) ?? new PageAnswer(0, default);
            long retryAfter = page.RetryAfter.HasValue
                ? Durations.ToNative(page.RetryAfter.Value)
                : Durations.Unlimited;
            try
            {
                fixed (byte* body = &MemoryMarshal.GetReference(page.Body.Span))
                {
                    GracelineStatus status = Native.graceline_client_provide_page(
                        _handle, question, page.HttpStatus, retryAfter, body,
                        (UIntPtr)page.Body.Length);
                    LastAnswer = status;
                    if (status != GracelineStatus.InvalidArgument) return;
                    GracelineLibrary.Report(GracelineException.From(status));
                    Native.graceline_client_provide_page(_handle, question, 0, Durations.Unlimited,
                                                         null, UIntPtr.Zero);
                }
            }
            catch (ObjectDisposedException)
            {
                // Disposed meanwhile: nobody asks any more.
            }
        }

        private T Result<T>(Task<T> answer) where T : class
        {
            if (answer.Status == TaskStatus.RanToCompletion) return answer.Result;
            if (answer.Exception != null && !IsDisposed)
            {
                GracelineLibrary.Report(answer.Exception.GetBaseException());
            }
            return null;
        }
    }
}
