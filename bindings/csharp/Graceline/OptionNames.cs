// Turns "grace_ms: must be ..." of the C API into an ArgumentException that names the C# option.
// Must not change the rule: its words are the header's.
using System;
using System.Text;

namespace Graceline
{
    internal static class OptionNames
    {
        internal static ArgumentException Refused(string text)
        {
            int colon = text.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0) return new ArgumentException(text);
            string option = ToCSharp(text.Substring(0, colon));
            string rule = text.Substring(colon + 2)
                .Replace("GRACELINE_UNLIMITED", "Timeout.InfiniteTimeSpan");
            return new ArgumentException(option + ": " + rule, option);
        }

        /// <summary>"history.timeout_ms" becomes "History.Timeout".</summary>
        internal static string ToCSharp(string field)
        {
            var result = new StringBuilder();
            foreach (string part in field.Split('.'))
            {
                if (part == "options") continue;
                if (result.Length > 0) result.Append('.');
                AppendPart(result, part);
            }
            return result.ToString();
        }

        private static void AppendPart(StringBuilder result, string part)
        {
            int bracket = part.IndexOf('[');
            string index = bracket < 0 ? string.Empty : part.Substring(bracket);
            string name = bracket < 0 ? part : part.Substring(0, bracket);
            if (name.EndsWith("_ms", StringComparison.Ordinal))
            {
                name = name.Substring(0, name.Length - 3);
            }
            if (name.EndsWith("_count", StringComparison.Ordinal))
            {
                name = name.Substring(0, name.Length - 6);
            }
            foreach (string word in name.Split('_'))
            {
                if (word.Length == 0) continue;
                result.Append(char.ToUpperInvariant(word[0])).Append(word, 1, word.Length - 1);
            }
            result.Append(index);
        }
    }
}
