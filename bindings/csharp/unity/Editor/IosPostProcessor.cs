// Writes the background modes that the base behaviour needs into the Xcode project of an iOS build.
// Must keep what is there already.
#if UNITY_IOS
using System.IO;
using UnityEditor;
using UnityEditor.Callbacks;
using UnityEditor.iOS.Xcode;

namespace Graceline.Unity.Editor
{
    internal static class IosPostProcessor
    {
        private const string Key = "UIBackgroundModes";

        // Background fetch, Background processing, Remote notifications.
        private static readonly string[] Modes = { "fetch", "processing", "remote-notification" };

        [PostProcessBuild(100)]
        private static void Process(BuildTarget target, string path)
        {
            if (target != BuildTarget.iOS) return;
            string file = Path.Combine(path, "Info.plist");
            var plist = new PlistDocument();
            plist.ReadFromFile(file);
            PlistElement found = plist.root[Key];
            PlistElementArray modes = found == null ? plist.root.CreateArray(Key) : found.AsArray();
            foreach (string mode in Modes)
            {
                if (!modes.values.Exists(each => each.AsString() == mode)) modes.AddString(mode);
            }
            plist.WriteToFile(file);
        }
    }
}
#endif
