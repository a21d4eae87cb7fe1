// The C module alone, with nothing but swiftc and the installed files.
// Must not use the package.
import CGraceline

var options = GracelineOptions()
let size = UInt32(MemoryLayout<GracelineOptions>.size)
guard gracelineOptionsInit(&options, structSize: size) == .ok else { fatalError("no options") }
var client: OpaquePointer?
// No url was given.
guard gracelineClientCreate(&options, client: &client) == .invalidArgument else {
    fatalError("an empty url was taken")
}
print(String(cString: gracelineVersionText()), String(cString: gracelineLastErrorText()))
