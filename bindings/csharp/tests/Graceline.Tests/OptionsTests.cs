// Options across the border: defaults, names in errors, text with NULs.
// Must not repeat the header's rules; one wrong value of each kind is enough.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed unsafe class OptionsTests
    {
        private const string Url = "ws://127.0.0.1:1/";

        [Test]
        public void Options_untouched_give_the_librarys_defaults()
        {
            using (var arena = new Arena())
            {
                NativeOptions defaults;
                Native.graceline_options_init(&defaults, (uint)sizeof(NativeOptions));
                NativeOptions* ours = OptionsMarshaller.Write(new GracelineOptions(), arena);
                CompareFields(defaults, *ours);
            }
        }

        [Test]
        public void History_options_untouched_give_the_librarys_defaults()
        {
            using (var arena = new Arena())
            {
                NativeHistoryOptions defaults;
                Native.graceline_history_options_init(
                    &defaults, (uint)sizeof(NativeHistoryOptions));
                var options = new GracelineOptions { History = new HistoryOptions() };
                NativeHistoryOptions ours = *OptionsMarshaller.Write(options, arena)->history;
                Assert.That(Utf8.Read(ours.json_items_pointer),
                            Is.EqualTo(Utf8.Read(defaults.json_items_pointer) ?? string.Empty));
                ours.json_items_pointer = defaults.json_items_pointer;
                CompareFields(defaults, ours);
            }
        }

        [TestCaseSource(nameof(Refused))]
        public void Bad_option_is_refused_by_name_and_rule(string option, string rule,
                                                          GracelineOptions options)
        {
            var refused = Assert.Throws<ArgumentException>(() => new GracelineClient(options));
            Assert.That(refused.ParamName, Is.EqualTo(option));
            Assert.That(refused.Message, Does.StartWith(option + ": ").And.Contain(rule));
        }

        [Test]
        public void Refused_client_leaves_no_hook_behind()
        {
            int before = HostHooks.RegisteredCount;
            var options = new GracelineOptions { Url = "http://x/", Log = (level, text) => { } };
            Assert.Throws<ArgumentException>(() => new GracelineClient(options));
            Assert.That(HostHooks.RegisteredCount, Is.EqualTo(before));
        }

        [Test]
        public void Manual_delivery_with_a_context_is_refused()
        {
            var options = new GracelineOptions
            {
                Url = Url,
                Delivery = EventDelivery.Manual,
                SynchronizationContext = new SynchronizationContext()
            };
            var refused = Assert.Throws<ArgumentException>(() => new GracelineClient(options));
            Assert.That(refused.ParamName, Is.EqualTo("SynchronizationContext"));
        }

        [Test]
        public void All_options_reach_the_library()
        {
            string[] handled =
            {
                nameof(GracelineOptions.TokenProvider), nameof(GracelineOptions.BackgroundTime),
                nameof(GracelineOptions.Log), nameof(GracelineOptions.NativeBackgroundTime),
                nameof(GracelineOptions.Delivery),
                nameof(GracelineOptions.SynchronizationContext),
                nameof(GracelineOptions.DiscardUnhandledMessages),
                nameof(GracelineOptions.Headers), nameof(GracelineOptions.History)
            };
            IEnumerable<string> fields =
                typeof(NativeOptions)
                    .GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
                    .Select(field => OptionNames.ToCSharp(field.Name));
            IEnumerable<string> missing = typeof(GracelineOptions).GetProperties()
                .Select(property => property.Name).Except(handled).Except(fields);
            Assert.That(missing, Is.Empty, "options without a field of the same name");
        }

        private static IEnumerable<TestCaseData> Refused()
        {
            yield return Case("Url", "is required", new GracelineOptions());
            yield return Case("Url", "loopback", With(o => o.Url = "ws://example.org/"));
            yield return Case("Grace", "must be from 0 to 86400000, or Timeout.InfiniteTimeSpan",
                              With(o => o.Grace = TimeSpan.FromDays(2)));
            yield return Case("Grace", "must be from", With(o => o.Grace = TimeSpan.FromTicks(-1)));
            yield return Case("TrustTime", "must be from 100",
                              With(o => o.TrustTime = TimeSpan.Zero));
            yield return Case("Headers[1]", "Host",
                              With(o => o.Headers = new List<KeyValuePair<string, string>>
                              {
                                  new KeyValuePair<string, string>("A", "b"),
                                  new KeyValuePair<string, string>("Host", "evil")
                              }));
            yield return Case("TlsPins[0]", "base64", With(o => o.TlsPins.Add("md5/x")));
            yield return Case("JsonIdPointer", "", With(o => o.JsonIdPointer = "id"));
            yield return Case("Token", "NUL", With(o => o.Token = "a\0b"));
            yield return Case("ConnectFrames[0]", "NUL", With(o => o.ConnectFrames.Add("\0")));
            yield return Case("Dispositions[0]", "", With(o => o.Dispositions.Add(
                new DispositionRow { CloseCode = 70000 })));
            yield return Case("History.Timeout", "must be from 100", With(o => o.History =
                new HistoryOptions { MessagesUrl = "http://127.0.0.1/", Timeout = TimeSpan.Zero }));
        }

        private static TestCaseData Case(string option, string rule, GracelineOptions options)
        {
            return new TestCaseData(option, rule, options)
                .SetArgDisplayNames(option, rule.Replace("\"", string.Empty));
        }

        private static GracelineOptions With(Action<GracelineOptions> change)
        {
            var options = new GracelineOptions { Url = Url };
            change(options);
            return options;
        }

        private static void CompareFields<T>(T expected, T actual)
        {
            foreach (FieldInfo field in typeof(T).GetFields(
                BindingFlags.Instance | BindingFlags.NonPublic))
            {
                if (field.FieldType.IsPointer)
                {
                    Assert.That((IntPtr)Pointer.Unbox(field.GetValue(actual)),
                                Is.EqualTo((IntPtr)Pointer.Unbox(field.GetValue(expected))),
                                field.Name);
                }
                else
                {
                    Assert.That(field.GetValue(actual), Is.EqualTo(field.GetValue(expected)),
                                field.Name);
                }
            }
        }
    }
}
