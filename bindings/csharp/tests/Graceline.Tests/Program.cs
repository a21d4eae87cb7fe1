// Runs the NUnit tests of this assembly with NUnit's own engine, on whichever runtime executes it.
// Must end with the line "N passed, N failed", and must not call a run without a test a success.
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

namespace Graceline.Tests
{
    internal static class Program
    {
        [DllImport("libc")]
        private static extern void _exit(int code);

        private static int Main(string[] arguments)
        {
            TextWriter output = Console.Out;
            var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
            runner.Load(typeof(Program).Assembly, new Dictionary<string, object>());
            string filter = arguments.Length > 0
                ? "<filter><test re=\"1\">" + arguments[0] + "</test></filter>"
                : "<filter/>";
            var listener = new Listener(output);
            ITestResult result = runner.Run(listener, TestFilter.FromXml(filter));
            foreach (KeyValuePair<string, int> skipped in listener.Skipped)
            {
                output.WriteLine("skipped " + skipped.Value + ": " + skipped.Key);
            }
            output.WriteLine(result.PassCount + " passed, " + result.FailCount + " failed");
            output.Flush();
            bool isGood = result.FailCount == 0 && result.PassCount > 0 &&
                          result.ResultState.Status != TestStatus.Failed;
            // Not `return`: Mono would wait for the scripted network's thread, which never ends.
            _exit(isGood ? 0 : 1);
            return 1;
        }

        private sealed class Listener : ITestListener
        {
            private readonly TextWriter _output;

            internal Listener(TextWriter output)
            {
                _output = output;
            }

            internal SortedDictionary<string, int> Skipped { get; } =
                new SortedDictionary<string, int>(StringComparer.Ordinal);

            public void TestStarted(ITest test)
            {
            }

            public void TestFinished(ITestResult result)
            {
                if (result.ResultState.Status == TestStatus.Failed)
                {
                    _output.WriteLine("FAILED " + result.Test.FullName + "\n" + result.Message +
                                      "\n" + result.StackTrace);
                }
                if (result.Test.IsSuite) return;
                if (result.ResultState.Status == TestStatus.Skipped)
                {
                    Skipped.TryGetValue(result.Message, out int count);
                    Skipped[result.Message] = count + 1;
                }
                else
                {
                    _output.WriteLine(result.ResultState + " " + result.Test.FullName + " (" +
                                      (int)(result.Duration * 1000) + " ms)");
                }
                _output.Flush();
            }

            public void TestOutput(TestOutput output)
            {
                if (output.Stream == "Error") _output.Write(output.Text);
            }

            public void SendMessage(TestMessage message)
            {
            }
        }
    }
}
