// The only managed code that C calls: static thunks for background time and for the log.
// Must let no exception into C, and must not touch the client: the client may be gone already.
using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;

namespace Graceline
{
    internal sealed unsafe class HostHooks
    {
        // Fields, so that the garbage collector never takes what C still calls.
        private static readonly BeginFunction BeginThunk = Begin;
        private static readonly EndFunction EndThunk = End;
        private static readonly RemainingFunction RemainingThunk = Remaining;
        private static readonly LogFunction LogThunk = Log;
        private static readonly FreeFunction FreeThunk = Free;

        private static readonly object Gate = new object();
        private static int _registered;

        private readonly IBackgroundTime _backgroundTime;
        private readonly Action<GracelineLogLevel, string> _log;

        private HostHooks(IBackgroundTime backgroundTime, Action<GracelineLogLevel, string> log)
        {
            _backgroundTime = backgroundTime;
            _log = log;
        }

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate ulong BeginFunction(IntPtr userData, long* outRemaining);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void EndFunction(IntPtr userData, ulong id);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate long RemainingFunction(IntPtr userData);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void LogFunction(IntPtr userData, int level, byte* text);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void FreeFunction(IntPtr userData);

        /// <summary>How many hooks C may still call in this process.</summary>
        internal static int RegisteredCount => Volatile.Read(ref _registered);

        internal static bool WaitUntilNone(TimeSpan timeout)
        {
            var watch = Stopwatch.StartNew();
            lock (Gate)
            {
                while (_registered > 0)
                {
                    TimeSpan left = timeout - watch.Elapsed;
                    if (left <= TimeSpan.Zero) return false;
                    Monitor.Wait(Gate, left);
                }
            }
            return true;
        }

        /// <summary>Puts the thunks into the options; C frees them once the client is
        /// gone.</summary>
        internal static void Install(NativeOptions* options, GracelineOptions from)
        {
            if (from.NativeBackgroundTime != null)
            {
                options->begin_background_time = from.NativeBackgroundTime.Begin;
                options->end_background_time = from.NativeBackgroundTime.End;
                options->remaining_background_time = from.NativeBackgroundTime.Remaining;
                options->background_time_user_data = from.NativeBackgroundTime.UserData;
            }
            else if (from.BackgroundTime != null)
            {
                options->begin_background_time =
                    Marshal.GetFunctionPointerForDelegate(BeginThunk);
                options->end_background_time = Marshal.GetFunctionPointerForDelegate(EndThunk);
                options->remaining_background_time =
                    Marshal.GetFunctionPointerForDelegate(RemainingThunk);
                options->background_time_user_data = Register(from.BackgroundTime, null);
                options->background_time_free = Marshal.GetFunctionPointerForDelegate(FreeThunk);
            }
            if (from.Log != null)
            {
                options->log = Marshal.GetFunctionPointerForDelegate(LogThunk);
                options->log_user_data = Register(null, from.Log);
                options->log_free = Marshal.GetFunctionPointerForDelegate(FreeThunk);
            }
        }

        /// <summary>Takes them out again when no client was made: C frees nothing then.</summary>
        internal static void Uninstall(NativeOptions* options)
        {
            if (options->background_time_free != IntPtr.Zero)
            {
                Free(options->background_time_user_data);
            }
            if (options->log_user_data != IntPtr.Zero) Free(options->log_user_data);
        }

        private static IntPtr Register(IBackgroundTime time, Action<GracelineLogLevel, string> log)
        {
            lock (Gate)
            {
                _registered++;
            }
            return GCHandle.ToIntPtr(GCHandle.Alloc(new HostHooks(time, log)));
        }

        private static HostHooks Of(IntPtr userData)
        {
            return (HostHooks)GCHandle.FromIntPtr(userData).Target;
        }

        [MonoPInvokeCallback(typeof(BeginFunction))]
        private static ulong Begin(IntPtr userData, long* outRemaining)
        {
            try
            {
                long id = Of(userData)._backgroundTime.Begin(out TimeSpan remaining);
                *outRemaining = Durations.ToNative(remaining);
                return unchecked((ulong)id);
            }
            catch (Exception exception)
            {
                GracelineLibrary.Report(exception);
                return 0;
            }
        }

        [MonoPInvokeCallback(typeof(EndFunction))]
        private static void End(IntPtr userData, ulong id)
        {
            try
            {
                Of(userData)._backgroundTime.End(unchecked((long)id));
            }
            catch (Exception exception)
            {
                GracelineLibrary.Report(exception);
            }
        }

        [MonoPInvokeCallback(typeof(RemainingFunction))]
        private static long Remaining(IntPtr userData)
        {
            try
            {
                return Durations.ToNative(Of(userData)._backgroundTime.Remaining);
            }
            catch (Exception exception)
            {
                GracelineLibrary.Report(exception);
                return Durations.Unlimited;
            }
        }

        [MonoPInvokeCallback(typeof(LogFunction))]
        private static void Log(IntPtr userData, int level, byte* text)
        {
            try
            {
                Of(userData)._log((GracelineLogLevel)level, Utf8.Read(text));
            }
            catch (Exception exception)
            {
                GracelineLibrary.Report(exception);
            }
        }

        [MonoPInvokeCallback(typeof(FreeFunction))]
        private static void Free(IntPtr userData)
        {
            GCHandle.FromIntPtr(userData).Free();
            lock (Gate)
            {
                _registered--;
                Monitor.PulseAll(Gate);
            }
        }
    }
}
