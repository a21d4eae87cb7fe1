// The native library as a whole: its version, the check at load, and the end of all clients.
// Must be asked before anything else is: a wrong library must be named, not crash.
using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Graceline
{
    /// <summary>The native library behind this assembly.</summary>
    public static class GracelineLibrary
    {
        private const uint ExpectedAbiVersion = Native.GRACELINE_ABI_VERSION;
        private static readonly object Gate = new object();
        private static bool _checked;

        /// <summary>An exception that a handler or a hook of the host threw, and nobody caught.
        /// Without a handler here it is written to the standard error output.</summary>
        public static event Action<Exception> HandlerFailed;

        /// <summary>The version of the native library, such as "0.1.0".</summary>
        public static unsafe string Version
        {
            get
            {
                CheckLoaded();
                return Utf8.Read(Native.graceline_version_text());
            }
        }

        /// <summary>Names of what the native library was built with, one a line.</summary>
        public static unsafe string BuildFeatures
        {
            get
            {
                CheckLoaded();
                return Utf8.Read(Native.graceline_build_features());
            }
        }

        /// <summary>The number of the native library's ABI.</summary>
        public static int AbiVersion
        {
            get
            {
                CheckLoaded();
                return (int)Native.graceline_abi_version();
            }
        }

        /// <summary>Closes every client of the process, politely and within 250 ms.</summary>
        public static void Shutdown()
        {
            CheckLoaded();
            Native.graceline_shutdown();
        }

        /// <summary>Ends every client, and waits until the native library will call no managed code
        /// any more. For hosts that unload their code and stay, as the Unity Editor does.</summary>
        /// <param name="timeout">How long to wait at most.</param>
        /// <returns>Whether all is quiet.</returns>
        public static bool ReleaseAll(TimeSpan timeout)
        {
            if (!_checked) return true;
            return LiveClients.ReleaseAll(timeout);
        }

        /// <summary>Whether this library and this assembly belong together; throws if
        /// not.</summary>
        internal static void CheckLoaded()
        {
            if (Volatile.Read(ref _checked)) return;
            lock (Gate)
            {
                if (_checked) return;
                CompareVersions();
                CompareLayout();
                LiveClients.EndWithTheProcess();
                Volatile.Write(ref _checked, true);
            }
        }

        internal static void Report(Exception exception)
        {
            Action<Exception> handler = HandlerFailed;
            try
            {
                if (handler != null) handler(exception);
                else Console.Error.WriteLine("graceline: a handler threw: " + exception);
            }
            catch (Exception)
            {
                // A reporter that throws must not end the pump, and there is nobody left to tell.
            }
        }

        internal static string VersionFinding(uint found, uint expected)
        {
            return found == expected
                ? null
                : "The native library '" + LibraryName.Value + "' has ABI version " + found +
                  ", and this assembly needs " + expected +
                  ". Install the native library that came with this assembly.";
        }

        private static void CompareVersions()
        {
            uint found;
            try
            {
                found = Native.graceline_abi_version();
            }
            catch (DllNotFoundException exception)
            {
                throw new DllNotFoundException(
                    "The native library '" + LibraryName.Value + "' was not found. It must lie " +
                    "beside this assembly, in runtimes/RID/native, or on the system's search " +
                    "path. " + exception.Message, exception);
            }
            catch (EntryPointNotFoundException exception)
            {
                throw new DllNotFoundException(
                    "The library '" + LibraryName.Value + "' is not Graceline's: " +
                    exception.Message, exception);
            }
            string finding = VersionFinding(found, ExpectedAbiVersion);
            if (finding != null) throw new DllNotFoundException(finding);
        }

        private static unsafe void CompareLayout()
        {
            uint[] managed = Layout.Numbers();
            uint* native = Native.graceline_csharp_layout();
            if (Native.graceline_csharp_layout_count() != managed.Length)
            {
                throw new DllNotFoundException(
                    "The native library '" + LibraryName.Value + "' is of another version.");
            }
            for (int i = 0; i < managed.Length; i++)
            {
                if (managed[i] == native[i]) continue;
                throw new DllNotFoundException(
                    "The native library '" + LibraryName.Value + "' does not fit: " +
                    Layout.Names[i] + " is " + native[i] + " there and " + managed[i] + " here.");
            }
        }
    }
}
