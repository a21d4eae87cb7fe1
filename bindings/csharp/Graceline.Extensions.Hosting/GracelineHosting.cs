// Registers a client with the generic host: made with the container, started and ended with the
// host. Must not hold a policy of its own; what the client does is the client's.
using System;
using System.Threading;
using System.Threading.Tasks;
using Graceline;
using Graceline.Extensions.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Registers Graceline with a host's services.</summary>
    public static class GracelineServiceCollectionExtensions
    {
        /// <summary>The same, where nothing of the container is needed.</summary>
        /// <param name="services">The host's services.</param>
        /// <param name="configure">Sets the options.</param>
        /// <returns>The services.</returns>
        public static IServiceCollection AddGraceline(this IServiceCollection services,
                                                      Action<GracelineOptions> configure)
        {
            if (configure == null) throw new ArgumentNullException(nameof(configure));
            return services.AddGraceline((provider, options) => configure(options));
        }

        /// <summary>Adds one <see cref="GracelineClient"/> as a singleton that starts and ends with
        /// the host and logs with ILogger, category "Graceline". Attach handlers in the
        /// constructors of your own hosted services, or in <paramref name="attach"/>.</summary>
        /// <param name="services">The host's services.</param>
        /// <param name="configure">Sets the options.</param>
        /// <param name="attach">Attaches handlers before the client starts; may be null.</param>
        /// <returns>The services.</returns>
        public static IServiceCollection AddGraceline(
            this IServiceCollection services, Action<IServiceProvider, GracelineOptions> configure,
            Action<IServiceProvider, GracelineClient> attach = null)
        {
            if (services == null) throw new ArgumentNullException(nameof(services));
            if (configure == null) throw new ArgumentNullException(nameof(configure));
            services.AddSingleton(provider => Make(provider, configure, attach));
            services.AddHostedService<GracelineHostedService>();
            return services;
        }

        private static GracelineClient Make(
            IServiceProvider provider, Action<IServiceProvider, GracelineOptions> configure,
            Action<IServiceProvider, GracelineClient> attach)
        {
            var options = new GracelineOptions();
            ILoggerFactory loggers = provider.GetService<ILoggerFactory>();
            if (loggers != null) LogTo(options, loggers.CreateLogger("Graceline"));
            configure(provider, options);
            var client = new GracelineClient(options);
            attach?.Invoke(provider, client);
            return client;
        }

        private static void LogTo(GracelineOptions options, ILogger logger)
        {
            // A line that nobody reads must not cross the border; what is off now stays off.
            if (!TryMostTalkative(logger, out GracelineLogLevel most)) return;
            options.LogLevel = most;
            options.Log = (level, text) => logger.Log(Level(level), default(EventId), text, null,
                                                      (state, exception) => state);
        }

        private static bool TryMostTalkative(ILogger logger, out GracelineLogLevel most)
        {
            for (most = GracelineLogLevel.Debug; most >= GracelineLogLevel.Error; most--)
            {
                if (logger.IsEnabled(Level(most))) return true;
            }
            return false;
        }

        private static LogLevel Level(GracelineLogLevel level)
        {
            switch (level)
            {
                case GracelineLogLevel.Error:
                    return LogLevel.Error;
                case GracelineLogLevel.Warning:
                    return LogLevel.Warning;
                case GracelineLogLevel.Info:
                    return LogLevel.Information;
                default:
                    return LogLevel.Debug;
            }
        }
    }
}

namespace Graceline.Extensions.Hosting
{
    /// <summary>Starts the client with the host, and ends it politely.</summary>
    internal sealed class GracelineHostedService : IHostedService
    {
        private readonly GracelineClient _client;

        public GracelineHostedService(GracelineClient client)
        {
            _client = client;
        }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            _client.Start();
            return Task.CompletedTask;
        }

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            Task ended = _client.DisposeAsync().AsTask();
            // The host's own bound comes first; the connection is then aborted behind it.
            await Task.WhenAny(ended, Task.Delay(Timeout.Infinite, cancellationToken))
                .ConfigureAwait(false);
        }
    }
}
