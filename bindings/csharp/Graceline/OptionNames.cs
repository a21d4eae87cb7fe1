// Turns "grace_ms: must be ..." of the C API into an ArgumentException that names the C# option.
// Must not change a rule: its words stay the header's, only the names in it become those of C#.
using System;
using System.Text;

namespace Graceline
{
    internal static class OptionNames
    {
        internal static ArgumentException Refused(string text)
        {
            int colon = text.IndexOf(": ", StringComparison.Ordinal);
            if (colon <= 0) return new ArgumentException(InCSharp(text));
            string field = text.Substring(0, colon);
            string rule = InCSharp(text.Substring(colon + 2));
            if (field.EndsWith("_ms", StringComparison.Ordinal)) rule = WithUnit(rule);
            string option = Parameter(field) ?? ToCSharp(field);
            return new ArgumentException(option + ": " + rule, option);
        }

        /// <summary>"history.timeout_ms" becomes "History.Timeout".</summary>
        internal static string ToCSharp(string field)
        {
            var result = new StringBuilder();
            foreach (string part in field.Split('.'))
            {
                if (part == "options" || part == "message") continue;
                if (result.Length > 0) result.Append('.');
                AppendPart(result, part);
            }
            return result.ToString();
        }

        /// <summary>A text for people with the names of C in it becomes one with the names of C#.
        /// </summary>
        internal static string InCSharp(string text)
        {
            var result = new StringBuilder();
            int at = 0;
            while (at < text.Length)
            {
                int end = at;
                while (end < text.Length && IsOfAName(text[end])) end++;
                if (end > at) result.Append(Word(text.Substring(at, end - at)));
                else result.Append(text[end++]);
                at = end;
            }
            return result.Replace("a Application", "an Application")
                .Replace("; take the fates with poll()", "; await fates first")
                .Replace("wait for its REQUEST_COMPLETED event", "await its task")
                .Replace("connect()", "ConnectAsync()").ToString();
        }

        private static bool IsOfAName(char character)
        {
            return character == '_' || (character < 128 && char.IsLetterOrDigit(character));
        }

        private static string Word(string word)
        {
            switch (word)
            {
                case "NULL":
                    return "null";
                case "GRACELINE_UNLIMITED":
                    return "Timeout.InfiniteTimeSpan";
                case "graceline_network":
                    return nameof(NetworkState);
                case "host_provides_token":
                    return nameof(GracelineOptions.TokenProvider);
                case "host_fetches":
                    return nameof(GracelineOptions.History) + "." + nameof(HistoryOptions.Fetch);
            }
            if (word.IndexOf('_') < 0 || char.IsUpper(word[0])) return word;
            foreach (string prefix in new[] { "graceline_client_", "graceline_" })
            {
                if (!word.StartsWith(prefix, StringComparison.Ordinal)) continue;
                return ToCSharp(word.Substring(prefix.Length));
            }
            return ToCSharp(word);
        }

        /// <summary>The name of an argument that is no option; null: it is one.</summary>
        private static string Parameter(string field)
        {
            switch (field)
            {
                case "state":
                case "network":
                case "mark":
                    return field;
                case "message.data":
                case "message.size":
                    return "data";
                case "message.kind":
                    return "kind";
                default:
                    return null;
            }
        }

        /// <summary>The header's numbers are milliseconds, and a TimeSpan shows none.</summary>
        private static string WithUnit(string rule)
        {
            const string range = " to ";
            int end = rule.IndexOf(range, StringComparison.Ordinal);
            if (end < 0) return rule;
            end += range.Length;
            while (end < rule.Length && char.IsDigit(rule[end])) end++;
            return rule.Insert(end, " ms");
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
