// The options of a scenario's `create`, from their C spelling.
// Must refuse a member that it does not know: a slip of the pen would test the defaults.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Newtonsoft.Json.Linq;

namespace Graceline.Tests
{
    internal static class ScenarioOptions
    {
        internal static GracelineOptions Read(
            JObject create, IBackgroundTime backgroundTime,
            Func<CancellationToken, Task<string>> token,
            Func<PageFetch, CancellationToken, Task<PageAnswer>> fetch)
        {
            var options = new GracelineOptions { Delivery = EventDelivery.Manual };
            foreach (JProperty member in create.Properties())
            {
                switch (member.Name)
                {
                    case "host_provides_token":
                        if ((bool)member.Value) options.TokenProvider = token;
                        break;
                    case "history":
                        options.History = History((JObject)member.Value, fetch);
                        break;
                    case "background_time":
                        options.BackgroundTime = backgroundTime;
                        break;
                    default:
                        Set(options, member);
                        break;
                }
            }
            return options;
        }

        private static HistoryOptions History(
            JObject from, Func<PageFetch, CancellationToken, Task<PageAnswer>> fetch)
        {
            var history = new HistoryOptions();
            foreach (JProperty member in from.Properties())
            {
                switch (member.Name)
                {
                    case "host_fetches":
                        if ((bool)member.Value) history.Fetch = fetch;
                        break;
                    case "conversations":
                        if ((bool)member.Value) history.JsonConversationsIdPointer = "/id";
                        break;
                    default:
                        Set(history, member);
                        break;
                }
            }
            return history;
        }

        private static void Set(object target, JProperty member)
        {
            var property = target.GetType().GetProperty(OptionNames.ToCSharp(member.Name));
            if (property == null)
            {
                throw new ScenarioFailure("no such option: " + member.Name);
            }
            property.SetValue(target, Value(property.PropertyType, member.Value));
        }

        private static object Value(Type type, JToken value)
        {
            if (type == typeof(TimeSpan)) return Durations.FromNative((long)value);
            if (type == typeof(IList<string>)) return value.Select(each => (string)each).ToList();
            if (type.IsEnum) return Names.Parse(type, (string)value);
            return value.ToObject(type);
        }
    }

    /// <summary>Names of the C API ("will_resign_active") and values of C# enums.</summary>
    internal static class Names
    {
        internal static object Parse(Type type, string name)
        {
            try
            {
                return Enum.Parse(type, name.Replace("_", string.Empty), true);
            }
            catch (ArgumentException)
            {
                throw new ScenarioFailure(type.Name + " has no " + name);
            }
        }

        internal static string Of(Enum value)
        {
            return string.Concat(value.ToString().Select(
                (letter, index) => (index > 0 && char.IsUpper(letter) ? "_" : string.Empty) +
                                   char.ToLowerInvariant(letter)));
        }
    }

    internal sealed class ScenarioFailure : Exception
    {
        internal ScenarioFailure(string message) : base(message)
        {
        }
    }
}
