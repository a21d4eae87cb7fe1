// Shows what the handlers of a client throw where a Unity developer looks: in Unity's console.
// Must be attached once a play session, also where the Editor keeps the domain.
using System;
using UnityEngine;

namespace Graceline.Unity
{
    internal static class HandlerErrors
    {
        private static readonly Action<Exception> Report = Debug.LogException;

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.SubsystemRegistration)]
        private static void Attach()
        {
            GracelineLibrary.HandlerFailed -= Report;
            GracelineLibrary.HandlerFailed += Report;
        }
    }
}
