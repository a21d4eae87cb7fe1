// The native library: its version, its layout, its names, and what is said when it does not fit.
// Must not need a server.
using System;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed unsafe class LibraryTests
    {
        [Test]
        public void Library_is_of_this_version()
        {
            Assert.That(GracelineLibrary.Version, Is.EqualTo(
                typeof(GracelineClient).Assembly.GetName().Version.ToString(3)));
            Assert.That(GracelineLibrary.AbiVersion, Is.EqualTo(Native.GRACELINE_ABI_VERSION));
            Assert.That(GracelineLibrary.BuildFeatures, Does.Contain("transport=default"));
        }

        [Test]
        public void Another_abi_version_is_named()
        {
            Assert.That(GracelineLibrary.VersionFinding(0, 0), Is.Null);
            Assert.That(GracelineLibrary.VersionFinding(3, 0), Does.Contain("ABI version 3")
                .And.Contain("needs 0"));
        }

        [Test]
        public void Every_struct_lies_as_in_c()
        {
            uint[] managed = Layout.Numbers();
            uint* native = Native.graceline_csharp_layout();
            Assert.That(Native.graceline_csharp_layout_count(), Is.EqualTo(managed.Length));
            for (int i = 0; i < managed.Length; i++)
            {
                Assert.That(managed[i], Is.EqualTo(native[i]), Layout.Names[i]);
            }
            Assert.That(Native.graceline_batch_stride_bytes(),
                        Is.GreaterThanOrEqualTo(sizeof(NativeEvent)));
        }

        [Test]
        public void Enums_have_the_librarys_names()
        {
            Compare<ConnectionStatus>(v => Native.graceline_connection_status_name(v));
            Compare<ConnectionPhase>(v => Native.graceline_phase_name(v));
            Compare<Reason>(v => Native.graceline_reason_name(v));
            Compare<ApplicationState>(v => Native.graceline_application_state_name(v));
            Compare<TaskCause>(v => Native.graceline_task_cause_name(v));
            Compare<GapVerdict>(v => Native.graceline_gap_verdict_name(v));
            Compare<ReturnVerdict>(v => Native.graceline_return_verdict_name(v));
            Compare<EventType>(v => Native.graceline_event_type_name(v));
        }

        [TestCase("grace_ms", "Grace")]
        [TestCase("history.page_bytes", "History.PageBytes")]
        [TestCase("headers_count", "Headers")]
        [TestCase("options.start_id", "StartId")]
        [TestCase("dispositions[3].disposition", "Dispositions[3].Disposition")]
        public void Field_names_become_option_names(string field, string option)
        {
            Assert.That(OptionNames.ToCSharp(field), Is.EqualTo(option));
        }

        [TestCase(0L, 0L)]
        [TestCase(1L, 1L)]
        [TestCase(10000L, 1L)]
        [TestCase(10001L, 2L)]
        [TestCase(-10000L, -1L)]
        [TestCase(-1L, -2L)]
        [TestCase(-50000L, -5L)]
        public void Times_round_up_and_only_infinite_is_unlimited(long ticks, long milliseconds)
        {
            Assert.That(Durations.ToNative(TimeSpan.FromTicks(ticks)), Is.EqualTo(milliseconds));
        }

        private delegate byte* NameOf<T>(T value);

        private static void Compare<T>(NameOf<T> nameOf) where T : Enum
        {
            foreach (T value in Enum.GetValues(typeof(T)))
            {
                string name = Utf8.Read(nameOf(value)).Replace("_", string.Empty);
                Assert.That(value.ToString(), Is.EqualTo(name).IgnoreCase, typeof(T).Name);
            }
        }
    }
}
