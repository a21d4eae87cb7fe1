// The generic host's adapter: started, logged and ended with the host.
// Must use the host's public API only.
using System;
using System.Collections.Concurrent;
using System.Threading.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class HostingTests
    {
        [Test]
        public async Task Client_starts_logs_and_ends_with_the_host()
        {
            World.NeedReal();
            var lines = new ConcurrentQueue<string>();
            using (DevServer server = DevServer.Start())
            {
                using (IHost host = Host(server, lines))
                {
                    await host.StartAsync();
                    var client = host.Services.GetRequiredService<GracelineClient>();
                    await Wait.Within(client.ConnectAsync(), "the connection");
                    await Wait.Within(host.StopAsync(), "the end of the host");
                    Assert.Throws<ObjectDisposedException>(() => client.Start());
                }
                await server.WaitForNone("websockets_now");
            }
            Assert.That(lines, Has.Some.Contains("Graceline Information connected"));
        }

        private static IHost Host(DevServer server, ConcurrentQueue<string> lines)
        {
            return new HostBuilder()
                .ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Debug)
                    .AddProvider(new Recorder(lines)))
                .ConfigureServices(services => services.AddGraceline(
                    (provider, options) => options.Url = server.Url))
                .Build();
        }

        [TestCase(LogLevel.Debug, GracelineLogLevel.Debug)]
        [TestCase(LogLevel.Information, GracelineLogLevel.Info)]
        [TestCase(LogLevel.Error, GracelineLogLevel.Error)]
        [TestCase(LogLevel.None, null)]
        public void Lines_that_nobody_reads_are_not_asked_for(LogLevel least,
                                                              GracelineLogLevel? expected)
        {
            GracelineOptions made = null;
            using (IHost host = new HostBuilder()
                .ConfigureLogging(logging => logging.SetMinimumLevel(least)
                    .AddProvider(new Recorder(new ConcurrentQueue<string>())))
                .ConfigureServices(services => services.AddGraceline(options =>
                {
                    options.Url = "ws://127.0.0.1:1/";
                    made = options;
                }))
                .Build())
            {
                host.Services.GetRequiredService<GracelineClient>();
            }
            Assert.That(made.Log != null, Is.EqualTo(expected.HasValue));
            if (expected.HasValue) Assert.That(made.LogLevel, Is.EqualTo(expected));
        }

        [Test]
        public void Missing_arguments_are_named()
        {
            var services = new ServiceCollection();
            Assert.That(Assert.Throws<ArgumentNullException>(() => services.AddGraceline(
                (Action<GracelineOptions>)null)).ParamName, Is.EqualTo("configure"));
            Assert.That(Assert.Throws<ArgumentNullException>(() => services.AddGraceline(
                (Action<IServiceProvider, GracelineOptions>)null)).ParamName,
                        Is.EqualTo("configure"));
        }

        private sealed class Recorder : ILoggerProvider
        {
            private readonly ConcurrentQueue<string> _lines;

            internal Recorder(ConcurrentQueue<string> lines)
            {
                _lines = lines;
            }

            public ILogger CreateLogger(string categoryName)
            {
                return new Line(_lines, categoryName);
            }

            public void Dispose()
            {
            }
        }

        private sealed class Line : ILogger
        {
            private readonly ConcurrentQueue<string> _lines;
            private readonly string _category;

            internal Line(ConcurrentQueue<string> lines, string category)
            {
                _lines = lines;
                _category = category;
            }

            public IDisposable BeginScope<TState>(TState state)
            {
                return null;
            }

            public bool IsEnabled(LogLevel logLevel)
            {
                return true;
            }

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state,
                                    Exception exception,
                                    Func<TState, Exception, string> formatter)
            {
                _lines.Enqueue(_category + " " + logLevel + " " + formatter(state, exception));
            }
        }
    }
}
