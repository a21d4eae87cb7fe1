// The world behind the scripted build of the native library: its network and its clock.
// Must not be asked of the real library, which has no such function.
using System;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;

namespace Graceline.Tests
{
    internal static unsafe class World
    {
        private const int AnswerBytes = 4096;

        [DllImport("graceline_csharp")]
        private static extern int graceline_test_world(byte* command, byte* answer, UIntPtr size);

        internal static bool IsThere
        {
            get
            {
                try
                {
                    graceline_test_world(null, null, UIntPtr.Zero);
                    return true;
                }
                catch (EntryPointNotFoundException)
                {
                    return false;
                }
            }
        }

        /// <summary>For tests of the scripted library; the lane runs both kinds.</summary>
        internal static void NeedScripted()
        {
            if (!IsThere) Assert.Ignore("needs the scripted library; the lane runs it in its turn");
        }

        internal static void NeedReal()
        {
            if (IsThere) Assert.Ignore("needs the real library; the lane runs it in its turn");
        }

        /// <summary>Null, or why the command was refused or its expectation is not met.</summary>
        internal static string Try(string command)
        {
            byte[] text = Encoding.UTF8.GetBytes(command + "\0");
            var answer = new byte[AnswerBytes];
            fixed (byte* textBytes = text)
            fixed (byte* answerBytes = answer)
            {
                int status = graceline_test_world(textBytes, answerBytes, (UIntPtr)AnswerBytes);
                return status == 0 ? null : Utf8.Read(answerBytes) + " (" + command + ")";
            }
        }

        internal static void Do(string command)
        {
            Assert.That(Try(command), Is.Null);
        }

        internal static void Advance(int milliseconds)
        {
            Do("{\"advance_ms\":" + milliseconds + "}");
        }
    }
}
