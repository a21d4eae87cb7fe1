// Waits for a condition, with a bound and a name for what did not come.
// Must not wait for a time to pass.
using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace Graceline.Tests
{
    internal static class Wait
    {
        internal static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

        internal static void Until(Func<bool> condition, string what)
        {
            Assert.That(SpinWait.SpinUntil(condition, Bound), "did not come: " + what);
        }

        internal static void UntilCollected(Func<bool> condition, string what)
        {
            Until(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return condition();
                },
                what);
        }

        internal static async Task<T> Within<T>(Task<T> task, string what)
        {
            await Within((Task)task, what);
            return await task;
        }

        internal static async Task Within(Task task, string what)
        {
            Task first = await Task.WhenAny(task, Task.Delay(Bound));
            Assert.That(first, Is.SameAs(task), "did not come: " + what);
            await task;
        }
    }
}
