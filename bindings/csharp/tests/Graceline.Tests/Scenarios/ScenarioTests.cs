// Every tests/scenarios/*.json as a test, through the public API.
// Must fail when there is none: GRACELINE_SCENARIOS names their folder.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Newtonsoft.Json.Linq;
using NUnit.Framework;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class ScenarioTests
    {
        private static string Folder => Environment.GetEnvironmentVariable("GRACELINE_SCENARIOS");

        [TestCaseSource(nameof(Names))]
        public void Scenario(string name)
        {
            World.NeedScripted();
            JObject scenario = JObject.Parse(File.ReadAllText(Path.Combine(Folder, name)));
            using (var player = new ScenarioPlayer())
            {
                player.Play(name, scenario);
            }
        }

        [Test]
        public void Scenarios_are_there()
        {
            World.NeedScripted();
            Assert.That(Names(), Is.Not.Empty, "GRACELINE_SCENARIOS: " + Folder);
        }

        [TestCase("{\"steps\":[{\"create\":{\"url\":\"ws://127.0.0.1:1/\"}}," +
                  "{\"expect\":{\"connection_status\":\"connected\"}}]}", "step 2")]
        [TestCase("{\"steps\":[{\"jump\":{}}]}", "jump")]
        [TestCase("{\"steps\":[{\"create\":{\"url\":\"ws://127.0.0.1:1/\"}},{\"start\":{}}," +
                  "{\"expect_events\":[]}]}", "step 3")]
        [TestCase("{\"steps\":[{\"create\":{\"url\":\"ws://127.0.0.1:1/\",\"typo\":1}}]}", "typo")]
        [TestCase("{\"steps\":[{\"create\":{\"url\":\"ws://127.0.0.1:1/\"}}," +
                  "{\"ping\":{},\"error\":\"full\"}]}", "not_connected")]
        [TestCase("{\"steps\":[{\"create\":{\"url\":\"ws://127.0.0.1:1/\"}}," +
                  "{\"ping\":{}}]}", "not_connected")]
        public void A_wrong_scenario_fails(string text, string part)
        {
            World.NeedScripted();
            using (var player = new ScenarioPlayer())
            {
                var failure = Assert.Throws<ScenarioFailure>(
                    () => player.Play("planted", JObject.Parse(text)));
                Assert.That(failure.Message, Does.Contain(part));
            }
        }

        private static IEnumerable<string> Names()
        {
            return string.IsNullOrEmpty(Folder) || !Directory.Exists(Folder)
                ? Enumerable.Empty<string>()
                : Directory.GetFiles(Folder, "*.json").Select(Path.GetFileName)
                    .OrderBy(name => name, StringComparer.Ordinal);
        }
    }
}
