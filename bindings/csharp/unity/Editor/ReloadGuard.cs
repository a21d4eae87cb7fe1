// Ends every client before the Editor unloads the code that they call, and before it quits.
// Must wait until the native library calls nothing more: a call into unloaded code ends the Editor.
using System;
using UnityEditor;
using UnityEngine;

namespace Graceline.Unity.Editor
{
    [InitializeOnLoad]
    internal static class ReloadGuard
    {
        private static readonly TimeSpan Bound = TimeSpan.FromSeconds(2);

        static ReloadGuard()
        {
            AssemblyReloadEvents.beforeAssemblyReload += ReleaseAll;
            EditorApplication.quitting += ReleaseAll;
        }

        private static void ReleaseAll()
        {
            if (!GracelineLibrary.ReleaseAll(Bound))
            {
                Debug.LogWarning("Graceline: a client did not end in time");
            }
        }
    }
}
