// Marks the static methods that C calls, so that AOT compilers (IL2CPP, Mono) make entries for
// them. Must keep this name: the compilers look for it, in any namespace.
using System;

namespace Graceline
{
    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        internal MonoPInvokeCallbackAttribute(Type type)
        {
            Type = type;
        }

        internal Type Type { get; }
    }
}
