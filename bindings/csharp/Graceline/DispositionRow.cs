// One row of a host's own table of causes.
// Must not hold more than the C API's row does.
namespace Graceline
{
    /// <summary>What may be done after a close code or an HTTP status; set exactly one of the two.
    /// </summary>
    public sealed class DispositionRow
    {
        /// <summary>The close code, 1000 to 4999, or 0.</summary>
        public int CloseCode { get; set; }

        /// <summary>The HTTP status, 300 to 599, or 0.</summary>
        public int HttpStatus { get; set; }

        /// <summary>What may be done.</summary>
        public Disposition Disposition { get; set; }
    }

    /// <summary>Who takes the events from the library and raises them.</summary>
    public enum EventDelivery
    {
        /// <summary>A thread of the client, which sleeps inside the library until there are some.
        /// </summary>
        Thread = 0,

        /// <summary>The host, by calling <see cref="GracelineClient.Pump()"/>: no thread, no
        /// callback. The way of game loops. What is awaited ends inside Pump() too.</summary>
        Manual = 1
    }
}
