// Pages of history over URLSession: the system's proxy, certificates and power rules apply.
// Must not follow a redirect with the token. A page that is too large is refused by the library.
import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// `history.fetch = HTTPFetcher(token: { … }).fetch`
public final class HTTPFetcher: NSObject, URLSessionTaskDelegate, Sendable {
    private let token: (@Sendable () async throws -> String)?

    /// `token` goes along as `Authorization: Bearer`.
    public init(token: (@Sendable () async throws -> String)? = nil) { self.token = token }

    public var fetch: @Sendable (FetchRequest) async throws -> FetchResponse {
        { [self] request in try await answer(request) }
    }

    private func answer(_ request: FetchRequest) async throws -> FetchResponse {
        guard let text = request.url, let url = URL(string: text) else {
            throw GracelineError(.state, detail: "no URL template for this page")
        }
        var call = URLRequest(url: url)
        if let token {
            call.setValue("Bearer \(try await token())", forHTTPHeaderField: "Authorization")
        }
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let (body, response) = try await session.data(for: call)
        let http = response as? HTTPURLResponse
        let seconds = http?.value(forHTTPHeaderField: "Retry-After").flatMap(Double.init)
        return FetchResponse(
            httpStatus: http?.statusCode ?? 0, body: [UInt8](body),
            retryAfter: seconds.map { .seconds($0) })
    }

    public func urlSession(
        _ session: URLSession, task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
