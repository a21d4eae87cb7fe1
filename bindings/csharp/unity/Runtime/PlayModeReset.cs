// Ends what an earlier play session left, where the Editor enters play mode without a new domain.
// Must run before any component of the new session does.
using System;
using UnityEngine;

namespace Graceline.Unity
{
    internal static class PlayModeReset
    {
        private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Reset()
        {
            GracelineLibrary.ReleaseAll(Bound);
        }
    }
}
