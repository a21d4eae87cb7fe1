// Every limit of the Swift layer, with its unit; those of the library are options.
// Must not hold a limit whose reaching nobody can see.

enum Limits {
    /// Events that a stream keeps for a subscriber who does not read; then the oldest goes.
    static let eventsKept = 4_096
    /// Changes of status that a stream keeps; then the oldest goes, never the newest.
    static let statesKept = 256
    /// Empty places at the head of a queue of batches before it is moved together.
    static let takenBatchesKept = 32
    /// How long a call that needs the main thread waits for it, before the system counts as
    /// refusing.
    static let mainThreadMilliseconds = 250
}
