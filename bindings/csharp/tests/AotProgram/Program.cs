// The base behaviour without a just-in-time compiler, as IL2CPP and Mono's full AOT run it.
// Must take every way from C into managed code: log, begin, end, remaining and free.
using System;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;
using Graceline;

internal sealed class Time : IBackgroundTime
{
    internal static readonly ManualResetEventSlim Ended = new ManualResetEventSlim();

    public TimeSpan Remaining => TimeSpan.FromSeconds(20);

    public long Begin(out TimeSpan remaining)
    {
        remaining = TimeSpan.FromSeconds(20);
        return 1;
    }

    public void End(long id)
    {
        Ended.Set();
    }
}

internal static class Program
{
    private static GracelineClient _left;
    private static int _lines;

    private delegate void Callback();

    private static int Main(string[] arguments)
    {
        if (arguments[0] == "bare") return Bare();
        if (arguments.Length > 1) return Leave(arguments[0]);
        return Run(arguments[0]).GetAwaiter().GetResult();
    }

    /// <summary>Returns from Main with a client that nobody disposed.</summary>
    private static int Leave(string url)
    {
        _left = new GracelineClient(Options(url));
        _left.ConnectAsync().Wait();
        Console.WriteLine("left");
        return 0;
    }

    /// <summary>The negative control: no [MonoPInvokeCallback], so there is no entry for
    /// C.</summary>
    private static int Bare()
    {
        Marshal.GetFunctionPointerForDelegate(new Callback(Nothing));
        Console.WriteLine("made an entry without the attribute");
        return 0;
    }

    private static void Nothing()
    {
    }

    private static GracelineOptions Options(string url)
    {
        return new GracelineOptions
        {
            Url = url,
            BackgroundTime = new Time(),
            LogLevel = GracelineLogLevel.Debug,
            Log = (level, text) => Interlocked.Increment(ref _lines)
        };
    }

    private static async Task<int> Run(string url)
    {
        using (var client = new GracelineClient(Options(url)))
        {
            var came = new TaskCompletionSource<string>();
            client.MessageReceived += (sender, message) => came.TrySetResult(message.Text);
            await client.ConnectAsync();
            await client.SendAsync("hello");
            await came.Task;
            client.ConfigureServices(ApplicationState.WillResignActive);
            client.ConfigureServices(ApplicationState.DidBackground);
            client.ConfigureServices(ApplicationState.WillEnterForeground);
            client.ConfigureServices(ApplicationState.DidBecomeActive);
            Time.Ended.Wait();
            bool isGood = client.BackgroundTaskEnabled && Volatile.Read(ref _lines) > 0;
            Console.WriteLine(isGood ? "skip the refresh" : "wrong");
            return isGood ? 0 : 1;
        }
    }
}
