// Gives the package's link.xml to Unity's linker, which by itself looks into Assets only.
// Must name the file that the package has, wherever the package lies.
using System.IO;
using UnityEditor.Build;
using UnityEditor.Build.Reporting;
using UnityEditor.UnityLinker;

namespace Graceline.Unity.Editor
{
    internal sealed class LinkXml : IUnityLinkerProcessor
    {
        public int callbackOrder => 0;

        public string GenerateAdditionalLinkXmlFile(BuildReport report,
                                                    UnityLinkerBuildPipelineData data)
        {
            return Path.GetFullPath("Packages/org.graceline.unity/Runtime/link.xml");
        }
    }
}
