// Sending: each accepted message gets exactly one fate.
// Must not keep the caller's memory after the call.
using System;
using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Graceline
{
    /// <summary>What may be said about a message to send.</summary>
    public sealed class SendOptions
    {
        /// <summary>By it the server knows a message again; null: none, or chosen by the library.
        /// </summary>
        public string DeduplicationId { get; set; }

        /// <summary>While it waits: failed after this. Default: without a limit.</summary>
        public TimeSpan ExpiresIn { get; set; } = Timeout.InfiniteTimeSpan;
    }

    /// <summary>What became of a message.</summary>
    public readonly struct SendResult
    {
        internal SendResult(long id, SendFate fate, Reason reason)
        {
            Id = id;
            Fate = fate;
            Reason = reason;
        }

        /// <summary>1, 2, 3 ... in the order of sending.</summary>
        public long Id { get; }

        /// <summary>Acknowledged, sent (the server acknowledges nothing), or failed.</summary>
        public SendFate Fate { get; }

        /// <summary>Why it failed.</summary>
        public Reason Reason { get; }

        /// <summary>For logs, such as "message 3: Failed (MessageExpired)".</summary>
        /// <returns>The text.</returns>
        public override string ToString()
        {
            string why = Fate == SendFate.Failed ? " (" + Reason + ")" : string.Empty;
            return "message " + Id + ": " + Fate + why;
        }
    }

    public sealed partial class GracelineClient
    {
        /// <summary>Sends text, and waits for its fate.</summary>
        /// <param name="text">The text.</param>
        /// <param name="cancellationToken">Takes the message back where it still waits; one that is
        /// on its way gets its fate.</param>
        /// <returns>The fate.</returns>
        /// <exception cref="GracelineException">It was not accepted: no connection is wanted, the
        /// window is over, or the outbox is full.</exception>
        public Task<SendResult> SendAsync(string text,
                                          CancellationToken cancellationToken = default)
        {
            return SendAsync(text, null, cancellationToken);
        }

        /// <summary>Sends text, and waits for its fate.</summary>
        /// <param name="text">The text.</param>
        /// <param name="options">What else is said about it; null: nothing.</param>
        /// <param name="cancellationToken">Takes the message back where it still waits.</param>
        /// <returns>The fate.</returns>
        public Task<SendResult> SendAsync(string text, SendOptions options,
                                          CancellationToken cancellationToken = default)
        {
            if (text == null)
            {
                return Task.FromException<SendResult>(new ArgumentNullException(nameof(text)));
            }
            int most = Encoding.UTF8.GetMaxByteCount(text.Length);
            byte[] rented = ArrayPool<byte>.Shared.Rent(most);
            try
            {
                int size = Encoding.UTF8.GetBytes(text, 0, text.Length, rented, 0);
                var data = new ReadOnlySpan<byte>(rented, 0, size);
                return SendAndWait(data, MessageKind.Text, options,
                                   cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }

        /// <summary>Sends bytes, and waits for their fate.</summary>
        /// <param name="data">The payload; text must be UTF-8.</param>
        /// <param name="kind">Text or binary.</param>
        /// <param name="options">What else is said about it; null: nothing.</param>
        /// <param name="cancellationToken">Takes the message back where it still waits.</param>
        /// <returns>The fate.</returns>
        public Task<SendResult> SendAsync(ReadOnlyMemory<byte> data, MessageKind kind,
                                          SendOptions options = null,
                                          CancellationToken cancellationToken = default)
        {
            return SendAndWait(data.Span, kind, options, cancellationToken);
        }

        /// <summary>Sends bytes, and does not wait: the fate comes with
        /// <see cref="EventReceived"/>. Allocates nothing.</summary>
        /// <param name="data">The payload; text must be UTF-8.</param>
        /// <param name="kind">Text or binary.</param>
        /// <returns>The message's id.</returns>
        public long Send(ReadOnlySpan<byte> data, MessageKind kind)
        {
            EnsurePump();
            Check(SendNow(data, kind, null, null, out ulong id));
            return (long)id;
        }

        private Task<SendResult> SendAndWait(ReadOnlySpan<byte> data, MessageKind kind,
                                             SendOptions options, CancellationToken token)
        {
            if (token.IsCancellationRequested) return Task.FromCanceled<SendResult>(token);
            Waiter<SendResult> waiter;
            ulong id;
            try
            {
                EnsurePump();
                using (Arena arena = options?.DeduplicationId == null ? null : new Arena())
                {
                    lock (_waitGate)
                    {
                        Check(SendNow(data, kind, options, arena, out id));
                        waiter = new Waiter<SendResult>(this);
                        _sends.Add(id, waiter);
                    }
                }
            }
            catch (Exception refused)
            {
                return Task.FromException<SendResult>(refused);
            }
            return token.CanBeCanceled ? TakenBackBy(token, waiter, id) : waiter.Task;
        }

        // Apart from its caller, which without a token then allocates no closure.
        private Task<SendResult> TakenBackBy(CancellationToken token, Waiter<SendResult> waiter,
                                             ulong id)
        {
            return waiter.CancelledBy(token, each => TakeBack(id));
        }

        private unsafe GracelineStatus SendNow(ReadOnlySpan<byte> data, MessageKind kind,
                                               SendOptions options, Arena arena, out ulong id)
        {
            NativeOutgoing outgoing;
            GracelineException.ThrowIfFailed(
                Native.graceline_outgoing_init(&outgoing, (uint)sizeof(NativeOutgoing)));
            outgoing.kind = (int)kind;
            outgoing.size = (UIntPtr)data.Length;
            if (options != null) outgoing.expires_in_ms = Durations.ToNative(options.ExpiresIn);
            if (arena != null)
            {
                outgoing.deduplication_id =
                    arena.Text(nameof(options.DeduplicationId), options.DeduplicationId);
            }
            // Not `fixed (byte* bytes = data)`: Mono 6.8 does not find what that needs.
            fixed (byte* bytes = &MemoryMarshal.GetReference(data))
            {
                outgoing.data = bytes;
                return Native.graceline_client_send(Handle, &outgoing, out id);
            }
        }

        private void TakeBack(ulong id)
        {
            try
            {
                // Its answer is the fate; an error means that the message has one, or is on its
                // way.
                Native.graceline_client_cancel_send(_handle, id);
            }
            catch (ObjectDisposedException)
            {
                // Closed: every message has its fate.
            }
        }
    }
}
