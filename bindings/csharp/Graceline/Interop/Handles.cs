// SafeHandles over the opaque pointers of the C API: each is released once, after the last call.
// Must not wait: a release runs on the finaliser thread too.
using System;
using System.Runtime.InteropServices;

namespace Graceline
{
    internal abstract class NativeHandle : SafeHandle
    {
        protected NativeHandle(IntPtr pointer) : base(IntPtr.Zero, true)
        {
            SetHandle(pointer);
        }

        public override bool IsInvalid => handle == IntPtr.Zero;
    }

    internal sealed class ClientHandle : NativeHandle
    {
        internal ClientHandle(IntPtr pointer) : base(pointer)
        {
        }

        protected override bool ReleaseHandle()
        {
            Native.graceline_client_release(handle);
            return true;
        }
    }

    internal sealed class MessagesRequestHandle : NativeHandle
    {
        internal MessagesRequestHandle(IntPtr pointer) : base(pointer)
        {
        }

        protected override bool ReleaseHandle()
        {
            Native.graceline_messages_request_release(handle);
            return true;
        }
    }

    internal sealed class ConversationsRequestHandle : NativeHandle
    {
        internal ConversationsRequestHandle(IntPtr pointer) : base(pointer)
        {
        }

        protected override bool ReleaseHandle()
        {
            Native.graceline_conversations_request_release(handle);
            return true;
        }
    }
}
