// Pages of history by the host's HttpClient, for HistoryOptions.Fetch.
// Must not follow its own ideas of URLs: the library expands the templates.
using System;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>Fetches pages of history with an <see cref="HttpClient"/>.</summary>
    public static class HttpFetch
    {
        /// <summary>A delegate for <see cref="HistoryOptions.Fetch"/>; the templates of
        /// <see cref="HistoryOptions"/> must be set.</summary>
        /// <param name="http">The client to fetch with; it is not disposed. Set its
        /// MaxResponseContentBufferSize to bound an answer.</param>
        /// <param name="prepare">Adds headers, such as an Authorization; may be null.</param>
        /// <returns>The delegate.</returns>
        public static Func<PageFetch, CancellationToken, Task<PageAnswer>> With(
            HttpClient http, Action<HttpRequestMessage> prepare = null)
        {
            if (http == null) throw new ArgumentNullException(nameof(http));
            return (page, token) => Fetch(http, prepare, page, token);
        }

        private static async Task<PageAnswer> Fetch(
            HttpClient http, Action<HttpRequestMessage> prepare, PageFetch page,
            CancellationToken token)
        {
            using (var request = new HttpRequestMessage(HttpMethod.Get, page.Url))
            {
                prepare?.Invoke(request);
                try
                {
                    using (HttpResponseMessage response =
                        await http.SendAsync(request, token).ConfigureAwait(false))
                    {
                        byte[] body = await response.Content.ReadAsByteArrayAsync()
                            .ConfigureAwait(false);
                        return new PageAnswer((int)response.StatusCode, body, RetryAfter(response));
                    }
                }
                catch (HttpRequestException)
                {
                    return new PageAnswer(0, default);
                }
            }
        }

        private static TimeSpan? RetryAfter(HttpResponseMessage response)
        {
            var header = response.Headers.RetryAfter;
            if (header == null) return null;
            if (header.Delta.HasValue) return header.Delta;
            if (!header.Date.HasValue) return null;
            TimeSpan left = header.Date.Value - DateTimeOffset.UtcNow;
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
