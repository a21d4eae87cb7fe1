// Options across the border: the defaults of C, and a place in C for each option.
// Must not hold the rules: each option's is in OptionRulesTests.cs.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed unsafe class OptionsTests
    {
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

        [Test]
        public void Refused_client_leaves_no_hook_behind()
        {
            int before = HostHooks.RegisteredCount;
            var options = new GracelineOptions { Url = "http://x/", Log = (level, text) => { } };
            Assert.Throws<ArgumentException>(() => new GracelineClient(options));
            Assert.That(HostHooks.RegisteredCount, Is.EqualTo(before));
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
