// The plain C library from C#, without the package: [DllImport("graceline")] and a poll.
// Must stay a sketch: the package does all this, and knows the layout of every struct.
using System.Runtime.InteropServices;
using System.Text;

unsafe
{
    if (Raw.graceline_abi_version() != 0) throw new DllNotFoundException("another ABI version");
    const uint optionsBytes = 480; // sizeof(graceline_options) of ABI 0, 64-bit
    byte* options = stackalloc byte[(int)optionsBytes];
    Check(Raw.graceline_options_init(options, optionsBytes));
    fixed (byte* url = Encoding.UTF8.GetBytes((args.Length > 0 ? args[0] : "") + "\0"))
    {
        *(byte**)(options + 8) = url; // graceline_options.url
        Check(Raw.graceline_client_create(options, out IntPtr client));
        Check(Raw.graceline_client_start(client));
        for (int status = 0; status != 2;) // GRACELINE_CONNECTION_STATUS_CONNECTED
        {
            Check(Raw.graceline_client_poll(client, 1000, 0, out IntPtr batch));
            Raw.graceline_batch_release(batch);
            status = Raw.graceline_client_connection_status(client);
        }
        Console.WriteLine("connected, " + Marshal.PtrToStringUTF8(Raw.graceline_version_text()));
        Raw.graceline_client_release(client);
    }
}

static void Check(int status)
{
    if (status == 0) return;
    throw new InvalidOperationException(
        Marshal.PtrToStringUTF8(Raw.graceline_last_error_text()));
}

internal static unsafe class Raw
{
    [DllImport("graceline")]
    internal static extern uint graceline_abi_version();

    [DllImport("graceline")]
    internal static extern IntPtr graceline_version_text();

    [DllImport("graceline")]
    internal static extern IntPtr graceline_last_error_text();

    [DllImport("graceline")]
    internal static extern int graceline_options_init(byte* options, uint size);

    [DllImport("graceline")]
    internal static extern int graceline_client_create(byte* options, out IntPtr client);

    [DllImport("graceline")]
    internal static extern int graceline_client_start(IntPtr client);

    [DllImport("graceline")]
    internal static extern int graceline_client_connection_status(IntPtr client);

    [DllImport("graceline")]
    internal static extern int graceline_client_poll(IntPtr client, long timeoutMs, uint count,
                                                     out IntPtr batch);

    [DllImport("graceline")]
    internal static extern void graceline_batch_release(IntPtr batch);

    [DllImport("graceline")]
    internal static extern void graceline_client_release(IntPtr client);
}
