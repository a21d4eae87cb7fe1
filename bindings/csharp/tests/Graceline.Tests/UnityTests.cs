// The Unity package in a simulated frame loop, over the scripted network in virtual time.
// Must drive the component by Unity's messages only.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;
using Graceline.Unity;
using NUnit.Framework;
using UnityEditor;
using UnityEngine;

namespace Graceline.Tests
{
    [TestFixture]
    public sealed class UnityTests
    {
        private readonly List<string> _messages = new List<string>();
        private readonly List<string> _events = new List<string>();
        private GracelineBehaviour _component;

        private GracelineClient Client => _component.Client;

        [SetUp]
        public void EnterScene()
        {
            World.NeedScripted();
            World.Do("{\"reset\":true}");
            _messages.Clear();
            _events.Clear();
            _component = new GameObject().AddComponent<GracelineBehaviour>();
            _component.Url = "ws://127.0.0.1:1/ws";
            _component.Created += client =>
            {
                client.MessageReceived += (sender, message) => _messages.Add(message.Text);
                client.BackgroundTaskEnded += (sender, task) => _events.Add("task " + task.Cause);
                client.ReturnJudged += (sender, judged) => _events.Add("return " + judged.Verdict);
                client.StatusChanged += (sender, change) => _events.Add(change.Status.ToString());
            };
            Frame();
            Frame();
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Connected));
        }

        [TearDown]
        public void LeaveScene()
        {
            UnityLoop.Leave();
        }

        [Test]
        public void Messages_are_raised_in_the_frame()
        {
            World.Do("{\"server_sends\":[\"a\",\"b\"]}");
            Assert.That(_messages, Is.Empty, "before the frame");
            Frame();
            Assert.That(_messages, Is.EqualTo(new[] { "a", "b" }));
        }

        [Test]
        public void Short_home_press_skips_the_refresh()
        {
            LeaveAsOnIos();
            Assert.That(Client.Info.ApplicationState, Is.EqualTo(ApplicationState.DidBackground));
            World.Advance(3000);
            World.Do("{\"server_sends\":[\"meanwhile\"]}");
            ReturnAsOnIos();
            Assert.That(Client.BackgroundTaskEnabled);
            Assert.That(Client.NeedsRefresh, Is.False);
            Frame();
            Assert.That(_messages, Is.EqualTo(new[] { "meanwhile" }));
            Assert.That(_events, Does.Contain("task Returned").And.Contain("return Skip"));
            Assert.That(_events.Count(each => each == "Connected"), Is.EqualTo(1));
        }

        [Test]
        public void Long_home_press_asks_for_a_refresh()
        {
            LeaveAsOnIos();
            World.Advance(40000);
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Disconnected));
            ReturnAsOnIos();
            World.Advance(0);
            Frame();
            Assert.That(Client.BackgroundTaskEnabled, Is.False);
            Assert.That(Client.NeedsRefresh);
            Assert.That(_events, Does.Contain("task Expired").And.Contain("return Refresh"));
        }

        [Test]
        public void Focus_alone_starts_no_window()
        {
            UnityLoop.Focus(false);
            Assert.That(Client.Info.ApplicationState,
                        Is.EqualTo(ApplicationState.WillResignActive));
            World.Advance(120000);
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Connected));
            UnityLoop.Focus(true);
            Assert.That(Client.Info.ApplicationState,
                        Is.EqualTo(ApplicationState.DidBecomeActive));
            Frame();
            Assert.That(_events, Does.Contain("task Returned"));
        }

        [Test]
        public void Focus_lost_while_paused_implies_no_return()
        {
            UnityLoop.Pause(true);
            TimeSpan left = Client.BackgroundTimeRemaining;
            World.Advance(1000);
            UnityLoop.Focus(false);
            Assert.That(Client.BackgroundTimeRemaining,
                        Is.EqualTo(left - TimeSpan.FromSeconds(1)), "the same window");
            Assert.That(Client.Info.TaskNumber, Is.EqualTo(1));
            ReturnAsOnIos();
            Assert.That(Client.Info.ApplicationState,
                        Is.EqualTo(ApplicationState.DidBecomeActive));
        }

        [Test]
        public void First_messages_of_unity_report_no_return()
        {
            UnityLoop.Focus(true);
            UnityLoop.Pause(false);
            Frame();
            Assert.That(_events.Where(each => each.StartsWith("return")), Is.Empty);
        }

        [Test]
        public void Paused_loop_through_the_whole_window_loses_nothing_and_accuses_nobody()
        {
            UnityLoop.Pause(true);
            SendNumbered(28);
            Assert.That(Client.Statistics.ReadingPausedCount, Is.GreaterThan(0), "back-pressure");
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Connected), "not called dead");
            World.Advance(5000);
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Disconnected), "the deadline");
            long read = Client.Statistics.MessagesReceivedCount;
            Assert.That(read, Is.InRange(500, 28 * MessagesASecond - 1), "a part stayed unread");
            UnityLoop.Pause(false);
            FrameUntil(() => Client.Status == ConnectionStatus.Connected &&
                             _messages.Count >= read);
            Assert.That(_messages, Is.EqualTo(Numbered((int)read)), "all that was read, in order");
            Assert.That(Client.Statistics.MessagesReceivedCount, Is.EqualTo(read));
            Assert.That(_events, Does.Contain("task Expired").And.Contain("return Refresh"));
            Assert.That(Client.NeedsRefresh, "for what stayed unread");
        }

        [Test]
        public void Paused_loop_that_returns_in_the_window_gets_every_message()
        {
            UnityLoop.Pause(true);
            SendNumbered(28);
            Assert.That(Client.Statistics.ReadingPausedCount, Is.GreaterThan(0), "back-pressure");
            UnityLoop.Pause(false);
            FrameUntil(() => _messages.Count >= 28 * MessagesASecond);
            Assert.That(_messages, Is.EqualTo(Numbered(28 * MessagesASecond)));
            Frame();
            Assert.That(_messages.Count, Is.EqualTo(28 * MessagesASecond), "none twice");
            Assert.That(_events, Does.Contain("task Returned").And.Contain("return Skip"));
            Assert.That(_events.Count(each => each == "Connected"), Is.EqualTo(1));
            Assert.That(Client.Info.ConnectionNumber, Is.EqualTo(1), "the same connection");
        }

        [Test]
        public void Budget_spreads_a_burst_over_frames()
        {
            _component.BudgetMilliseconds = 0f;
            World.Do("{\"server_sends\":[" +
                     string.Join(",", Enumerable.Range(0, 1000).Select(i => "\"" + i + "\"")) +
                     "]}");
            Frame();
            Assert.That(_messages.Count, Is.InRange(1, 999), "no more than a part in one frame");
            for (int i = 0; i < 1000 && _messages.Count < 1000; i++) Frame();
            Assert.That(_messages, Is.EqualTo(Enumerable.Range(0, 1000).Select(i => i.ToString())));
        }

        [Test]
        public void Domain_reload_ends_the_client_before_the_code_goes()
        {
            Load("Graceline.Unity.Editor.ReloadGuard");
            GracelineClient client = Client;
            AssemblyReloadEvents.Reload();
            Assert.Throws<ObjectDisposedException>(() => client.Start());
            Assert.That(LiveClients.Count, Is.Zero);
            Assert.That(HostHooks.RegisteredCount, Is.Zero);
            World.Advance(0);
            World.Do("{\"expect\":{\"connections_open\":0}}");
        }

        [Test]
        public void Play_mode_without_a_reload_begins_without_old_clients()
        {
            var left = new GracelineClient(new GracelineOptions { Url = "ws://127.0.0.1:1/" });
            UnityLoop.EnterPlayMode(typeof(GracelineBehaviour).Assembly);
            Assert.Throws<ObjectDisposedException>(() => left.Start());
        }

        [Test]
        public void Handler_that_throws_is_shown_in_unitys_console_once()
        {
            var shown = new List<string>();
            Application.LogCallback listen = (condition, trace, type) =>
                shown.Add(type + " " + condition);
            Application.logMessageReceived += listen;
            UnityLoop.Leave();
            for (int session = 0; session < 2; session++)
            {
                UnityLoop.EnterPlayMode(typeof(GracelineBehaviour).Assembly);
            }
            _component = new GameObject().AddComponent<GracelineBehaviour>();
            _component.Url = "ws://127.0.0.1:1/ws";
            _component.Created += client => client.MessageReceived += (sender, message) =>
                throw new InvalidOperationException("planted " + message.Text);
            Frame();
            World.Do("{\"server_sends\":[\"a\",\"b\"]}");
            Frame();
            Application.logMessageReceived -= listen;
            Assert.That(shown, Is.EqualTo(new[]
            {
                "Exception InvalidOperationException: planted a",
                "Exception InvalidOperationException: planted b"
            }));
        }

        [Test]
        public void Quit_tells_the_server()
        {
            UnityLoop.Quit();
            Assert.That(_component.Client, Is.Null);
            World.Advance(0);
            World.Do("{\"expect\":{\"connections_open\":0,\"closed_with\":1001}}");
        }

        [Test]
        public void Disabled_component_closes_and_enabled_again_connects_anew()
        {
            GracelineClient first = Client;
            _component.enabled = false;
            Assert.That(_component.Client, Is.Null);
            Assert.Throws<ObjectDisposedException>(() => first.Start());
            World.Advance(0);
            World.Do("{\"expect\":{\"connections_open\":0}}");
            _component.enabled = true;
            Frame();
            Assert.That(Client.Status, Is.EqualTo(ConnectionStatus.Connected));
        }

        [Test]
        public void Awaited_calls_end_in_a_frame()
        {
            Task<SendResult> sent = Client.SendAsync("hello");
            World.Advance(0);
            Assert.That(sent.IsCompleted, Is.False, "before the frame");
            Frame();
            Assert.That(sent.IsCompleted);
            Assert.That(sent.Result.Fate, Is.EqualTo(SendFate.Sent));
        }

        [Test]
        public void Post_processor_adds_what_is_missing()
        {
            string folder = Directory.CreateDirectory(
                Path.Combine(Path.GetTempPath(), Path.GetRandomFileName())).FullName;
            string file = Path.Combine(folder, "Info.plist");
            File.WriteAllText(file, "UIBackgroundModes: audio fetch\n");
            Type(Editor + "IosPostProcessor")
                .GetMethod("Process", BindingFlags.Static | BindingFlags.NonPublic)
                .Invoke(null, new object[] { BuildTarget.iOS, folder });
            Assert.That(
                File.ReadAllText(file).Trim(),
                Is.EqualTo("UIBackgroundModes: audio fetch processing remote-notification"));
            Directory.Delete(folder, true);
        }

        [Test]
        public void Sample_refreshes_when_it_must()
        {
            var scene = new GameObject();
            var component = scene.AddComponent<GracelineBehaviour>();
            component.Url = "ws://127.0.0.1:1/ws";
            scene.AddComponent<ChatSample>();
            Frame();
            UnityLoop.Pause(true);
            World.Advance(40000);
            UnityLoop.Pause(false);
            for (int i = 0; i < 3; i++) Frame();
            Assert.That(component.Client.Status, Is.EqualTo(ConnectionStatus.Connected));
            Assert.That(component.Client.NeedsRefresh, Is.False, "the sample has refreshed");
        }

        private const string Editor = "Graceline.Unity.Editor.";
        private const int MessagesASecond = 80;

        private static IEnumerable<string> Numbered(int count)
        {
            return Enumerable.Range(0, count).Select(i => i.ToString().PadRight(4000, 'x'));
        }

        private static void SendNumbered(int seconds)
        {
            string[] texts = Numbered(seconds * MessagesASecond).ToArray();
            for (int second = 0; second < seconds; second++)
            {
                World.Advance(1000);
                World.Do("{\"server_sends\":[" +
                         string.Join(",", texts.Skip(second * MessagesASecond)
                             .Take(MessagesASecond).Select(each => "\"" + each + "\"")) + "]}");
            }
        }

        private static void FrameUntil(Func<bool> condition)
        {
            for (int i = 0; i < 2000 && !condition(); i++) Frame();
        }

        private static void Frame()
        {
            World.Advance(0);
            UnityLoop.Frame();
            World.Advance(0);
            UnityLoop.Frame();
        }

        private static void LeaveAsOnIos()
        {
            UnityLoop.Focus(false);
            UnityLoop.Pause(true);
        }

        private static void ReturnAsOnIos()
        {
            UnityLoop.Pause(false);
            UnityLoop.Focus(true);
        }

        private static Type Type(string name)
        {
            return typeof(GracelineBehaviour).Assembly.GetType(name, true);
        }

        private static void Load(string name)
        {
            System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(
                Type(name).TypeHandle);
        }
    }
}
