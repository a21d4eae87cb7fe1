// The app's async answers: a token, a page. Each question gets one, also when the app throws.
// Must not keep a client alive, nor ask on after it has ended.
import CGraceline

final class Providers: Sendable {
    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var next: UInt64 = 0
        var isEnded = false
    }

    private let token: (@Sendable () async throws -> String)?
    private let fetch: (@Sendable (FetchRequest) async throws -> FetchResponse)?
    private let state = Locked(State())

    init(_ configuration: Configuration) {
        token = configuration.tokenProvider
        fetch = configuration.history?.fetch
    }

    func handle(_ kind: Event.Kind, core: Core) {
        switch kind {
        case .tokenNeeded(let id):
            guard let token else { return }
            run { [weak core] in
                let given = try? await token()
                // C would send the part before a NUL, which is no token of anybody.
                let answer = given?.utf8.contains(0) == true ? nil : given
                guard let core else { return }
                // Late, or no longer wanted: the library says so, and nobody needs to know.
                _ = gracelineClientProvideToken(
                    core.handle, requestId: id, token: answer,
                    status: answer == nil ? .state : .ok)
            }
        case .fetchNeeded(let request):
            guard let fetch else { return }
            run { [weak core] in
                let none = FetchResponse(httpStatus: 0, body: [])
                let answer = (try? await fetch(request)) ?? none
                guard let core else { return }
                let status = core.providePage(request.requestID, answer)
                // Larger than a page may be: the fetch ends now, not with its time-out.
                if status == .invalidArgument { _ = core.providePage(request.requestID, none) }
            }
        default: break
        }
    }

    private func run(_ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isEnded else { return }
            state.next += 1
            let id = state.next
            // Registered before it can end: the task needs this lock to leave.
            state.tasks[id] = Task { [weak self] in
                await body()
                self?.state.withLock { _ = $0.tasks.removeValue(forKey: id) }
            }
        }
    }

    func end() {
        let tasks = state.withLock { state in
            state.isEnded = true
            defer { state.tasks = [:] }
            return state.tasks
        }
        tasks.values.forEach { $0.cancel() }
    }
}

extension Core {
    func providePage(_ requestID: UInt64, _ response: FetchResponse) -> GracelineStatus {
        response.body.withUnsafeBytes { bytes in
            let text = bytes.bindMemory(to: CChar.self)
            return gracelineClientProvidePage(
                handle, requestId: requestID, httpStatus: Int32(clamping: response.httpStatus),
                retryAfterMs: response.retryAfter?.milliseconds ?? -1, body: text.baseAddress,
                size: bytes.count)
        }
    }
}
