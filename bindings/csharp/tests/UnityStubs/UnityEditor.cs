// The parts of UnityEditor that the package uses, as stubs.
// Must keep Unity's names and signatures.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace UnityEditor
{
    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        /// <summary>Plays the Editor: what happens before the code is unloaded.</summary>
        public static void Reload()
        {
            beforeAssemblyReload?.Invoke();
        }
    }

    public static class EditorApplication
    {
        public static event Action quitting;

        public static void Quit()
        {
            quitting?.Invoke();
        }
    }

    [AttributeUsage(AttributeTargets.Class)]
    public sealed class InitializeOnLoadAttribute : Attribute
    {
    }

    public enum BuildTarget
    {
        StandaloneLinux64,
        iOS
    }
}

namespace UnityEditor.Callbacks
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class PostProcessBuildAttribute : Attribute
    {
        public PostProcessBuildAttribute(int callbackOrder)
        {
        }
    }
}

namespace UnityEditor.Build
{
    public interface IOrderedCallback
    {
        int callbackOrder { get; }
    }

    public interface IUnityLinkerProcessor : IOrderedCallback
    {
        string GenerateAdditionalLinkXmlFile(Reporting.BuildReport report,
                                             UnityLinker.UnityLinkerBuildPipelineData data);
    }
}

namespace UnityEditor.Build.Reporting
{
    public sealed class BuildReport
    {
    }
}

namespace UnityEditor.UnityLinker
{
    public sealed class UnityLinkerBuildPipelineData
    {
    }
}

namespace UnityEditor.iOS.Xcode
{
    public class PlistElement
    {
        public virtual string AsString()
        {
            throw new InvalidCastException();
        }

        public virtual PlistElementArray AsArray()
        {
            throw new InvalidCastException();
        }
    }

    public sealed class PlistElementString : PlistElement
    {
        private readonly string _text;

        public PlistElementString(string text)
        {
            _text = text;
        }

        public override string AsString()
        {
            return _text;
        }
    }

    public sealed class PlistElementArray : PlistElement
    {
        public List<PlistElement> values { get; } = new List<PlistElement>();

        public void AddString(string text)
        {
            values.Add(new PlistElementString(text));
        }

        public override PlistElementArray AsArray()
        {
            return this;
        }
    }

    public sealed class PlistElementDict : PlistElement
    {
        private readonly Dictionary<string, PlistElement> _values =
            new Dictionary<string, PlistElement>();

        public PlistElement this[string key]
        {
            get
            {
                _values.TryGetValue(key, out PlistElement found);
                return found;
            }
            set
            {
                _values[key] = value;
            }
        }

        public PlistElementArray CreateArray(string key)
        {
            var made = new PlistElementArray();
            _values[key] = made;
            return made;
        }
    }

    /// <summary>Not XML here: a line "key: value value".</summary>
    public sealed class PlistDocument
    {
        public PlistElementDict root { get; } = new PlistElementDict();

        public void ReadFromFile(string path)
        {
            foreach (string line in File.ReadAllLines(path))
            {
                string[] parts = line.Split(new[] { ": " }, StringSplitOptions.None);
                PlistElementArray made = root.CreateArray(parts[0]);
                foreach (string value in parts[1].Split(' ')) made.AddString(value);
            }
        }

        public void WriteToFile(string path)
        {
            IEnumerable<string> modes = root["UIBackgroundModes"].AsArray().values
                .Select(each => each.AsString());
            File.WriteAllText(path, "UIBackgroundModes: " + string.Join(" ", modes) + "\n");
        }
    }
}
