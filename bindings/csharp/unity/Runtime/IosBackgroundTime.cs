// The OS background task of iOS, which the native file beside it holds; nothing elsewhere.
// Must give C functions to the library: its threads then call no managed code.
#if UNITY_IOS && !UNITY_EDITOR
using System;
using System.Runtime.InteropServices;
#endif

namespace Graceline.Unity
{
    internal static class IosBackgroundTime
    {
#if UNITY_IOS && !UNITY_EDITOR
        [DllImport("__Internal")]
        private static extern IntPtr graceline_unity_begin_hook();

        [DllImport("__Internal")]
        private static extern IntPtr graceline_unity_end_hook();

        [DllImport("__Internal")]
        private static extern IntPtr graceline_unity_remaining_hook();

        [DllImport("__Internal")]
        private static extern void graceline_unity_attach(IntPtr client);

        [DllImport("__Internal")]
        private static extern void graceline_unity_detach(IntPtr client);

        internal static void Install(GracelineOptions options)
        {
            options.NativeBackgroundTime = new NativeBackgroundTime(
                graceline_unity_begin_hook(), graceline_unity_end_hook(),
                graceline_unity_remaining_hook());
        }

        internal static void Attach(GracelineClient client)
        {
            graceline_unity_attach(client.NativePointer);
        }

        internal static void Detach(GracelineClient client)
        {
            graceline_unity_detach(client.NativePointer);
        }
#else
        internal static void Install(GracelineOptions options)
        {
        }

        internal static void Attach(GracelineClient client)
        {
        }

        internal static void Detach(GracelineClient client)
        {
        }
#endif
    }
}
