// The smallest host in C#: connect, look at messages, go to background and return, refresh if
// needed. Must stay short: it is read as the documentation.
using Graceline;

using var http = new HttpClient();
const string api = "http://127.0.0.1:8080";
var options = new GracelineOptions
{
    Url = args.Length > 0 ? args[0] : "ws://127.0.0.1:8080/ws?room=lobby",
    JsonIdPointer = "/id", // one id, live and in the history: nothing comes twice
    History = new HistoryOptions
    {
        Fetch = HttpFetch.With(http),
        MessagesUrl = api + "/messages?conversation=lobby{&before,after,limit}",
        ConversationsUrl = api + "/conversations{?limit,cursor}",
        JsonItemsPointer = "/items",
        JsonCompletePointer = "/complete",
        JsonConversationsNextCursorPointer = "/next"
    }
};
await using var client = new GracelineClient(options);
client.MessageReceived += (_, message) => Console.WriteLine(message.Text);
client.StatusChanged += (_, change) => Console.WriteLine($"{change.Status}: {change.Text}");
await client.ConnectAsync();
Console.WriteLine((await client.SendAsync("hello")).Fate);

client.ConfigureServices(ApplicationState.WillResignActive);
client.ConfigureServices(ApplicationState.DidBackground);
await Task.Delay(TimeSpan.FromSeconds(2)); // messages go on arriving, up to 30 s
client.ConfigureServices(ApplicationState.WillEnterForeground);
client.ConfigureServices(ApplicationState.DidBecomeActive);
Console.WriteLine(client.BackgroundTaskEnabled ? "skip the refresh" : "refresh");
if (!client.BackgroundTaskEnabled)
{
    await client.MessagesRequest().FetchPreviousAsync();
    await client.ConversationsRequest().FetchNextAsync();
}
