// The name under which the native library is looked for, in every P/Invoke of this assembly.
// Must stay a constant: the attribute takes nothing else.
namespace Graceline
{
    internal static class LibraryName
    {
#if GRACELINE_INTERNAL || (UNITY_IOS && !UNITY_EDITOR)
        internal const string Value = "__Internal";
#else
        internal const string Value = "graceline_csharp";
#endif
    }
}
