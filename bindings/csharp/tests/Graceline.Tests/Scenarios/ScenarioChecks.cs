// Compares what a scenario expects with what came: only what is named.
// Must refuse a name that it does not know.
using System;
using System.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace Graceline.Tests
{
    internal static class ScenarioChecks
    {
        internal static void Queries(GracelineClient client, ScriptedBackgroundTime time,
                                     JObject expected)
        {
            foreach (JProperty member in expected.Properties())
            {
                JToken came = Query(client, time, member.Name);
                if (!Equal(member.Value, came))
                {
                    throw new ScenarioFailure("expected " + member.Name + " " + Show(member.Value) +
                                              ", came " + Show(came));
                }
            }
        }

        internal static void List(JArray expected, JArray came)
        {
            bool isEqual = expected.Count == came.Count &&
                           expected.Zip(came, Matches).All(each => each);
            if (isEqual) return;
            throw new ScenarioFailure("expected " + Show(expected) + ", came " + Show(came));
        }

        private static JToken Query(GracelineClient client, ScriptedBackgroundTime time,
                                    string name)
        {
            switch (name)
            {
                case "connection_status":
                    return Names.Of(client.Status);
                case "background_task_enabled":
                    return client.BackgroundTaskEnabled;
                case "needs_refresh":
                    return client.NeedsRefresh;
                case "background_time_remaining_ms":
                    return Durations.ToNative(client.BackgroundTimeRemaining);
                case "last_message_id":
                    return client.LastMessageId();
                case "background_time_begun":
                    return time.Begun;
                case "background_time_ended":
                    return time.Ended;
                default:
                    return Info(client.Info, name);
            }
        }

        private static JToken Info(ConnectionInfo info, string name)
        {
            switch (name)
            {
                case "phase":
                    return Names.Of(info.Phase);
                case "reason":
                    return Names.Of(info.Reason);
                case "application_state":
                    return Names.Of(info.ApplicationState);
                case "task_cause":
                    return Names.Of(info.TaskCause);
                case "trusted":
                    return info.IsTrusted;
                case "gap_open":
                    return info.IsGapOpen;
                case "task_running":
                    return info.IsTaskRunning;
                case "attempt":
                    return info.Attempt;
                case "http_status":
                    return info.HttpStatus;
                case "close_code":
                    return info.CloseCode;
                default:
                    throw new ScenarioFailure("no such query: " + name);
            }
        }

        private static bool Matches(JToken expected, JToken came)
        {
            if (expected is JObject wanted && came is JObject found)
            {
                return wanted.Properties().All(
                    member => found.ContainsKey(member.Name)
                        ? Matches(member.Value, found[member.Name])
                        : throw new ScenarioFailure("no such member: " + member.Name));
            }
            if (expected is JArray list && came is JArray items)
            {
                return list.Count == items.Count && list.Zip(items, Matches).All(each => each);
            }
            return Equal(expected, came);
        }

        private static bool Equal(JToken expected, JToken came)
        {
            return string.Equals(Show(expected), Show(came), StringComparison.Ordinal);
        }

        private static string Show(JToken token)
        {
            return token == null ? "null" : token.ToString(Formatting.None);
        }
    }
}
