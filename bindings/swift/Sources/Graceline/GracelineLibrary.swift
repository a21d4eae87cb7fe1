// The native library behind this module: its versions, its clock, its end.
// Must not let a library of another ABI be used.
import CGraceline

public enum GracelineLibrary {
    /// The package version, MAJOR.MINOR.PATCH.
    public static var version: String { String(cString: gracelineVersionText()) }
    public static var buildFeatures: [String] {
        String(cString: gracelineBuildFeatures()).split(separator: "\n").map(String.init)
    }

    /// The library's clock, which counts sleep; only differences have a meaning.
    public static var now: TimeSpan { TimeSpan(native: gracelineNowMs()) }

    /// Closes every client of the process at once, within 250 ms.
    public static func shutdown() { gracelineShutdown() }

    static func checkABI() throws {
        let loaded = gracelineAbiVersion()
        guard loaded == UInt32(GRACELINE_ABI_VERSION) else {
            throw GracelineError(
                .unsupported,
                detail: "the loaded library has ABI \(loaded), this module needs "
                    + "\(GRACELINE_ABI_VERSION)")
        }
    }
}
