// A dev server of this tree as a process of its own, with its control port.
// Must listen on loopback only, and must be gone when the test is: it ends with its standard input.
using System;
using System.Diagnostics;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    internal sealed class DevServer : IDisposable
    {
        private static readonly HttpClient Http = new HttpClient();
        private readonly Process _process;

        private DevServer(Process process, string url, string control)
        {
            _process = process;
            Url = url;
            Control = control;
        }

        internal string Url { get; }

        internal string EchoUrl => Url.Replace("/ws", "/echo");

        internal string HttpUrl => Url.Replace("ws://", "http://").Replace("/ws", string.Empty);

        private string Control { get; }

        internal static DevServer Start(string moreArguments = "")
        {
            string program = Environment.GetEnvironmentVariable("GRACELINE_DEVSERVER");
            if (string.IsNullOrEmpty(program) || !File.Exists(program))
            {
                Assert.Fail("GRACELINE_DEVSERVER does not name the dev server's program");
            }
            var start = new ProcessStartInfo(program)
            {
                Arguments = "--port 0 --control-port 0 --exit-with-stdin " + moreArguments,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                UseShellExecute = false
            };
            Process process = Process.Start(start);
            string line = process.StandardOutput.ReadLine() ?? string.Empty;
            Match match = Regex.Match(line, @"(ws://\S+) control (http://\S+)");
            Assert.That(match.Success, "the dev server said: " + line);
            return new DevServer(process, match.Groups[1].Value, match.Groups[2].Value);
        }

        internal Task Fault(string json)
        {
            return Post("faults", json);
        }

        internal Task Publish(string room, string body)
        {
            return Post("messages", "{\"conversation\":\"" + room + "\",\"sender\":\"test\"," +
                                    "\"body\":\"" + body + "\"}");
        }

        internal async Task WaitFor(string counter, int atLeast)
        {
            string path = "stats?wait_for=" + counter + "&at_least=" + atLeast + "&timeout_ms=5000";
            using (HttpResponseMessage answer = await Http.GetAsync(Control + path))
            {
                Assert.That((int)answer.StatusCode, Is.EqualTo(200), counter);
            }
        }

        internal async Task WaitForNone(string counter)
        {
            string path = "stats?wait_for=" + counter + "&equals=0&timeout_ms=5000";
            using (HttpResponseMessage answer = await Http.GetAsync(Control + path))
            {
                Assert.That((int)answer.StatusCode, Is.EqualTo(200), counter);
            }
        }

        internal Task<string> Stats()
        {
            return Http.GetStringAsync(Control + "stats");
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(5000)) _process.Kill();
            _process.Dispose();
        }

        private async Task Post(string path, string json)
        {
            var content = new StringContent(json, Encoding.UTF8, "application/json");
            using (HttpResponseMessage answer = await Http.PostAsync(Control + path, content))
            {
                Assert.That(answer.IsSuccessStatusCode, path + ": " + (int)answer.StatusCode);
            }
        }
    }
}
