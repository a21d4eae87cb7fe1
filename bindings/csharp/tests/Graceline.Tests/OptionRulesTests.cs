// Each option and each argument with a value that breaks its rule: refused by name and by rule.
// Must leave no option out, and must accept no name of C in what a C# user reads.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class OptionRulesTests
    {
        private const string Url = "ws://127.0.0.1:1/";
        private const string Pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        private const string Template = "http://127.0.0.1/m{?before,after,limit}";

        /// <summary>Every value is a good one.</summary>
        private static readonly string[] WithoutRule =
        {
            nameof(GracelineOptions.Log), nameof(GracelineOptions.BackgroundTime),
            nameof(GracelineOptions.History), nameof(GracelineOptions.DiscardUnhandledMessages),
            nameof(GracelineOptions.TokenProvider), nameof(GracelineOptions.TlsClientKeyPem),
            "History." + nameof(HistoryOptions.Fetch)
        };

        [TestCaseSource(nameof(Options))]
        public void Bad_option_is_refused_by_name_and_rule(string option, string rule,
                                                          Action<GracelineOptions> spoil)
        {
            var options = new GracelineOptions { Url = Url };
            spoil(options);
            RefusedBy(option, rule, () => new GracelineClient(options));
        }

        [TestCaseSource(nameof(HistoryOptionsTable))]
        public void Bad_history_option_is_refused_by_name_and_rule(string option, string rule,
                                                                  Action<HistoryOptions> spoil)
        {
            var options = new GracelineOptions
            {
                Url = Url,
                History = new HistoryOptions { MessagesUrl = Template }
            };
            spoil(options.History);
            RefusedBy("History." + option, rule, () => new GracelineClient(options));
        }

        [TestCaseSource(nameof(Arguments))]
        public void Bad_argument_is_refused_by_name_and_rule(string argument, string rule,
                                                            Action<GracelineClient> call)
        {
            using (GracelineClient client = WithHistory())
            {
                client.Start();
                RefusedBy(argument, rule, () => call(client));
            }
        }

        [Test]
        public void Every_option_has_its_row()
        {
            IEnumerable<string> rows = Options().Select(each => (string)each.Arguments[0]).Concat(
                HistoryOptionsTable().Select(each => "History." + (string)each.Arguments[0]));
            IEnumerable<string> covered = rows.Select(each => each.Split('[')[0]);
            IEnumerable<string> all = Ruled(typeof(GracelineOptions), string.Empty)
                .Concat(Ruled(typeof(HistoryOptions), "History."));
            Assert.That(all.Except(covered).Except(WithoutRule), Is.Empty, "options without a row");
        }

        [TestCase("must be NULL together with host_provides_token",
                  "must be null together with TokenProvider")]
        [TestCase("must be a graceline_application_state", "must be an ApplicationState")]
        [TestCase("must be a graceline_network", "must be a NetworkState")]
        [TestCase("must come from graceline_client_refresh_begin() of this client",
                  "must come from RefreshBegin() of this client")]
        [TestCase("set host_fetches", "set History.Fetch")]
        [TestCase("this build has none (GRACELINE_WITH_CPPREST=OFF)",
                  "this build has none (GRACELINE_WITH_CPPREST=OFF)")]
        [TestCase("the window is over; connect() opens one",
                  "the window is over; ConnectAsync() opens one")]
        [TestCase("", "")]
        public void Names_of_c_in_a_text_become_names_of_this_assembly(string text, string expected)
        {
            Assert.That(OptionNames.InCSharp(text), Is.EqualTo(expected));
        }

        private static void RefusedBy(string option, string rule, TestDelegate call)
        {
            var refused = Assert.Catch<ArgumentException>(call);
            Assert.That(refused.ParamName, Is.EqualTo(option));
            Assert.That(refused.Message, Does.StartWith(option + ": ").And.Contain(rule));
            Assert.That(refused.Message, Does.Not.Match("[a-z]_[a-z]").And.Not.Contain("NULL"));
        }

        /// <summary>A flag has no wrong value; whatever else can be set has.</summary>
        private static IEnumerable<string> Ruled(Type options, string prefix)
        {
            return options.GetProperties()
                .Where(each => each.PropertyType != typeof(bool))
                .Select(each => prefix + each.Name);
        }

        private static IEnumerable<TestCaseData> Options()
        {
            yield return Row("Url", "is required", o => o.Url = null);
            yield return Row("Url", "ws:// or wss://", o => o.Url = "http://127.0.0.1/");
            yield return Row("Url", "set AllowInsecureWsBeyondLoopback",
                             o => o.Url = "ws://example.org/");
            yield return Row("Transport", "must be from 0", o => o.Transport = (TransportKind)9);
            yield return Row("Session", "must be from 0", o => o.Session = (SessionKind)9);
            yield return Row("InitialApplicationState", "must be from",
                             o => o.InitialApplicationState = ApplicationState.WillTerminate);
            yield return Row("Grace", "must be from 0 to 86400000 ms, or Timeout.InfiniteTimeSpan",
                             o => o.Grace = TimeSpan.FromDays(2));
            yield return Row("Grace", "must be from 0", o => o.Grace = TimeSpan.FromTicks(-1));
            yield return Time("TrustTime", 100, (o, time) => o.TrustTime = time);
            yield return Time("TokenTimeout", 100, (o, time) => o.TokenTimeout = time);
            yield return Time("ResolveTimeout", 100, (o, time) => o.ResolveTimeout = time);
            yield return Time("ConnectTimeout", 100, (o, time) => o.ConnectTimeout = time);
            yield return Time("SessionTimeout", 100, (o, time) => o.SessionTimeout = time);
            yield return Row("CloseTimeout", "must be from 0 to 10000 ms",
                             o => o.CloseTimeout = TimeSpan.FromMinutes(1));
            yield return Time("PingInterval", 1000, (o, time) => o.PingInterval = time);
            yield return Time("PongTimeout", 100, (o, time) => o.PongTimeout = time);
            yield return Time("ProbeTimeout", 100, (o, time) => o.ProbeTimeout = time);
            yield return Time("BackoffInitial", 10, (o, time) => o.BackoffInitial = time);
            yield return Time("BackoffMax", 500, (o, time) => o.BackoffMax = time);
            yield return Time("RetryTotal", 1, (o, time) => o.RetryTotal = time);
            yield return Row("RetryAttempts", "must be from 0", o => o.RetryAttempts = -1);
            yield return Row("Dispositions[0]", "exactly one of CloseCode and HttpStatus",
                             o => o.Dispositions.Add(new DispositionRow()));
            yield return Row("Dispositions[0]", "must be a close code or an HTTP status",
                             o => o.Dispositions.Add(new DispositionRow { CloseCode = 70000 }));
            yield return Row("MaxMessageBytes", "must be from 125", o => o.MaxMessageBytes = 0);
            yield return Row("ReceiveQueueBytes", "must be from 65536",
                             o => o.ReceiveQueueBytes = 1);
            yield return Row("OutboxBytes", "must be from 1024", o => o.OutboxBytes = 0);
            yield return Row("OutboxMessages", "must be from 1", o => o.OutboxMessages = 0);
            yield return Row("MaxFragments", "must be from 1", o => o.MaxFragments = 0);
            yield return Row("LogLevel", "must be from", o => o.LogLevel = (GracelineLogLevel)9);
            foreach (TestCaseData row in Requests().Concat(Security()).Concat(Host()))
            {
                yield return row;
            }
        }

        private static IEnumerable<TestCaseData> Requests()
        {
            yield return Row("Token", "must be null together with TokenProvider", o =>
            {
                o.Token = "a";
                o.TokenProvider = token => Task.FromResult("b");
            });
            yield return Row("Token", "visible ASCII", o => o.Token = "a\nb");
            yield return Row("Token", "NUL", o => o.Token = "a\0b");
            yield return Row("TokenPlacement", "must be from",
                             o => o.TokenPlacement = (TokenPlacement)9);
            yield return Row("TokenName", "NUL", o => o.TokenName = "\0");
            yield return Row("Headers[1]", "Host", o =>
            {
                o.Headers.Add(new KeyValuePair<string, string>("A", "b"));
                o.Headers.Add(new KeyValuePair<string, string>("Host", "evil"));
            });
            yield return Row("Subprotocols[1]", "must not be offered twice", o =>
            {
                o.Subprotocols.Add("a");
                o.Subprotocols.Add("a");
            });
            yield return Row("ConnectFrames[0]", "NUL", o => o.ConnectFrames.Add("\0"));
            yield return Row("ConnectFrames[0]", "must not be null",
                             o => o.ConnectFrames.Add(null));
            yield return Row("JsonIdPointer", "'/'", o => o.JsonIdPointer = "id");
            yield return Row("JsonConversationPointer", "'/'",
                             o => o.JsonConversationPointer = "id");
            yield return Row("JsonSenderPointer", "'/'", o => o.JsonSenderPointer = "id");
            yield return Row("JsonTimePointer", "'/'", o => o.JsonTimePointer = "id");
            yield return Row("JsonAckPointer", "'/'", o => o.JsonAckPointer = "id");
            yield return Row("JsonOutgoingIdMember", "must be 1 to",
                             o => o.JsonOutgoingIdMember = string.Empty);
            yield return Row("LastMessageId", "must be 1 to 1024 bytes",
                             o => o.LastMessageId = new string('x', 1025));
        }

        private static IEnumerable<TestCaseData> Security()
        {
            yield return Row("TlsCaPem", "holds no certificate", o =>
            {
                o.Url = "wss://127.0.0.1/";
                o.TlsCaPem = "not a certificate";
            });
            yield return Row("TlsClientCertificatePem", "together with TlsClientKeyPem",
                             o => o.TlsClientCertificatePem = "not a certificate");
            yield return Row("TlsClientCertificatePem", "not a usable PEM certificate", o =>
            {
                o.Url = "wss://127.0.0.1/";
                o.TlsClientCertificatePem = "not a certificate";
                o.TlsClientKeyPem = "not a key";
            });
            yield return Row("TlsServerName", "NUL", o => o.TlsServerName = "\0");
            yield return Row("TlsPins[1]", "base64", o =>
            {
                o.TlsPins.Add(Pin);
                o.TlsPins.Add("md5/x");
            });
            yield return Row("TlsPins", "which TlsInsecureSkipVerification turns off", o =>
            {
                o.TlsPins.Add(Pin);
                o.TlsInsecureSkipVerification = true;
            });
            yield return Row("ProxyUrl", "http://host:port", o => o.ProxyUrl = "socks://x");
            yield return Row("ProxyUser", "needs ProxyUrl", o => o.ProxyUser = "me");
            yield return Row("ProxyPassword", "control characters", o =>
            {
                o.ProxyUrl = "http://127.0.0.1:1";
                o.ProxyPassword = "a\nb";
            });
        }

        private static IEnumerable<TestCaseData> Host()
        {
            yield return Row("Delivery", "must be an EventDelivery",
                             o => o.Delivery = (EventDelivery)9);
            yield return Row("SynchronizationContext", "must be null with manual delivery", o =>
            {
                o.Delivery = EventDelivery.Manual;
                o.SynchronizationContext = new SynchronizationContext();
            });
            yield return Row("NativeBackgroundTime", "together with BackgroundTime", o =>
            {
                o.NativeBackgroundTime = new NativeBackgroundTime(
                    IntPtr.Zero, IntPtr.Zero, IntPtr.Zero);
                o.BackgroundTime = new NoTime();
            });
        }

        private static IEnumerable<TestCaseData> HistoryOptionsTable()
        {
            yield return HistoryRow("MessagesUrl", "is needed", o => o.MessagesUrl = null);
            yield return HistoryRow("MessagesUrl", "set AllowInsecureWsBeyondLoopback",
                                    o => o.MessagesUrl = "http://example.org/");
            yield return HistoryRow("MessagesPreviousUrl", "brace",
                                    o => o.MessagesPreviousUrl = Template + "{");
            yield return HistoryRow("MessagesNextUrl", "brace",
                                    o => o.MessagesNextUrl = Template + "{");
            yield return HistoryRow("ConversationsUrl", "brace",
                                    o => o.ConversationsUrl = Template + "{");
            yield return HistoryRow("Headers[0]", "Host", o =>
                o.Headers.Add(new KeyValuePair<string, string>("Host", "evil")));
            yield return HistoryRow("Scope", "must be from 0", o => o.Scope = (HistoryScope)9);
            yield return HistoryRow("Positions[0].LastMessageId", "must be 1 to 1024 bytes", o =>
                o.Positions.Add(new KeyValuePair<string, string>("a", string.Empty)));
            yield return HistoryRow("Timeout", "must be from 100 to 120000 ms",
                                    o => o.Timeout = TimeSpan.Zero);
            yield return HistoryRow("PageBytes", "must be from 1024", o => o.PageBytes = 0);
            foreach (PropertyInfo pointer in typeof(HistoryOptions).GetProperties()
                .Where(each => each.Name.StartsWith("Json", StringComparison.Ordinal)))
            {
                yield return HistoryRow(pointer.Name, "'/'", o => pointer.SetValue(o, "id"));
            }
        }

        private static IEnumerable<TestCaseData> Arguments()
        {
            yield return Argument("state", "must be an ApplicationState",
                                  c => c.ConfigureServices((ApplicationState)77));
            yield return Argument("network", "must be a NetworkState",
                                  c => c.NetworkChanged((NetworkState)77));
            yield return Argument("mark", "RefreshBegin()", c => c.MarkRefreshed(77));
            yield return Argument("Limit", "must be from 1 to 100", c => c.MessagesRequest(
                new MessagesRequestOptions { Limit = 1000 }));
            yield return Argument("Limit", "must be from 1 to 50",
                                  c => c.ConversationsRequest(1000));
            yield return Argument("data", "must not be above MaxMessageBytes (1048576)",
                                  c => c.Send(new byte[2 << 20], MessageKind.Binary));
            yield return Argument("data", "must be UTF-8",
                                  c => c.Send(new byte[] { 255 }, MessageKind.Text));
            yield return Argument("kind", "must be a MessageKind",
                                  c => c.Send(new byte[1], (MessageKind)9));
            yield return Argument("ExpiresIn", "must be from 1 to 604800000 ms", c => c.SendAsync(
                "x", new SendOptions { ExpiresIn = TimeSpan.Zero }).GetAwaiter().GetResult());
            yield return Argument("DeduplicationId", "must be 1 to 128 bytes", c => c.SendAsync(
                "x", new SendOptions { DeduplicationId = "\"" }).GetAwaiter().GetResult());
            yield return Argument("DeduplicationId", "NUL", c => c.SendAsync(
                "x", new SendOptions { DeduplicationId = "\0" }).GetAwaiter().GetResult());
        }

        private static TestCaseData Time(string option, int least,
                                         Action<GracelineOptions, TimeSpan> set)
        {
            return Row(option, "must be from " + least + " to ", o => set(o, TimeSpan.Zero));
        }

        private static TestCaseData Row(string option, string rule, Action<GracelineOptions> spoil)
        {
            return Named(new TestCaseData(option, rule, spoil), option, rule);
        }

        private static TestCaseData HistoryRow(string option, string rule,
                                               Action<HistoryOptions> spoil)
        {
            return Named(new TestCaseData(option, rule, spoil), option, rule);
        }

        private static TestCaseData Argument(string argument, string rule,
                                             Action<GracelineClient> call)
        {
            return Named(new TestCaseData(argument, rule, call), argument, rule);
        }

        private static TestCaseData Named(TestCaseData row, string name, string rule)
        {
            return row.SetArgDisplayNames(name, rule.Replace("\"", string.Empty));
        }

        private static GracelineClient WithHistory()
        {
            return new GracelineClient(new GracelineOptions
            {
                Url = Url,
                History = new HistoryOptions
                {
                    MessagesUrl = Template,
                    ConversationsUrl = "http://127.0.0.1/c"
                }
            });
        }

        private sealed class NoTime : IBackgroundTime
        {
            public TimeSpan Remaining => TimeSpan.Zero;

            public long Begin(out TimeSpan remaining)
            {
                remaining = TimeSpan.Zero;
                return 0;
            }

            public void End(long id)
            {
            }
        }
    }
}
