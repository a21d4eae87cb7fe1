// Turns "grace_ms: must be ..." of the C API into a text with the names that a Swift user wrote.
// Must not change a rule: its words stay the header's, only the names in it become Swift's.
import Foundation

enum OptionNames {
    /// A text for people with the names of C in it becomes one with the names of this module.
    static func inSwift(_ text: String) -> String {
        guard let colon = text.range(of: ": ") else { return words(text) }
        let field = text[..<colon.lowerBound]
        var rule = words(String(text[colon.upperBound...]))
        if field.hasSuffix("_ms") { rule = withUnit(rule) }
        return "\(words(String(field))): \(rule)"
    }

    /// Where the name is another one, or is spelt in a way of its own.
    private static let special = [
        "NULL": "nil", "GRACELINE_UNLIMITED": ".unlimited",
        "allow_insecure_ws_beyond_loopback": "allowInsecureBeyondLoopback",
        "tls_ca_pem": "tlsCertificateAuthorities",
        "tls_client_certificate_pem": "tlsClientCertificate",
        "tls_client_key_pem": "tlsClientKey",
        "host_provides_token": "tokenProvider or hostProvidesToken",
        "host_fetches": "history.fetch or history.hostFetches",
        "start_id": "startMessageID", "REQUEST_COMPLETED": ".requestCompleted",
        // The argument of Swift's calls is the message; C has a pointer and a size.
        "message.data": "message", "message.size": "message",
    ]
    private static let acronyms = ["id": "ID", "ids": "IDs", "url": "URL"]
    /// What stands before a name in C and not in Swift: the struct, the receiver, the library.
    private static let prefixes = ["options.", "message.", "graceline_client_"]

    private static func words(_ text: String) -> String {
        var result = ""
        var word = ""
        for character in text {
            if character.isASCII, character.isLetter || character.isNumber || character == "_" {
                word.append(character)
            } else if character == ".", !word.isEmpty {
                word.append(character)
            } else {
                result += name(word, isCall: character == "(")
                result.append(character)
                word = ""
            }
        }
        return (result + name(word, isCall: false))
            .replacingOccurrences(of: "a Application", with: "an Application")
            .replacingOccurrences(of: "; take the fates with poll()", with: "; await fates first")
    }

    private static func name(_ word: String, isCall: Bool) -> String {
        // The end of a sentence is no part of a name.
        if word.hasSuffix(".") { return name(String(word.dropLast()), isCall: isCall) + "." }
        if let found = special[word] { return found }
        for prefix in prefixes where word.hasPrefix(prefix) {
            return name(String(word.dropFirst(prefix.count)), isCall: isCall)
        }
        if word.hasPrefix("graceline_") {
            let camel = camelCase(word.dropFirst("graceline_".count))
            return isCall ? camel : camel.prefix(1).uppercased() + camel.dropFirst()
        }
        return word.split(separator: ".", omittingEmptySubsequences: false)
            .map { special[String($0)] ?? camelCase($0) }.joined(separator: ".")
    }

    private static func camelCase(_ name: Substring) -> String {
        // GRACELINE_WITH_CPPREST=OFF and the like are names of the build.
        guard name == name.lowercased() else { return String(name) }
        var parts = name.split(separator: "_", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last == "ms" || parts.last == "count" { parts.removeLast() }
        guard let first = parts.first else { return "" }
        let rest = parts.dropFirst().map {
            acronyms[String($0)] ?? $0.prefix(1).uppercased() + $0.dropFirst()
        }
        return first + rest.joined()
    }

    /// The header's numbers are milliseconds, and a `TimeSpan` shows none.
    private static func withUnit(_ rule: String) -> String {
        guard let range = rule.range(of: " to ") else { return rule }
        let end = rule[range.upperBound...].firstIndex { !$0.isNumber } ?? rule.endIndex
        return rule[..<end] + " ms" + rule[end...]
    }
}
