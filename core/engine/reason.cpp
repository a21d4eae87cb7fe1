// The published table of causes (SPEC section 4) as code.
// Must not look at anything but the failure itself and the host's overrides.
#include "core/engine/reason.hpp"

namespace graceline::engine {

const char* to_string(Reason reason) {
    switch (reason) {
#define X(name, text)  \
    case Reason::name: \
        return #name;
        GRACELINE_REASONS(X)
#undef X
    }
    return "unknown";
}

const char* text_of(Reason reason) {
    switch (reason) {
#define X(name, text)  \
    case Reason::name: \
        return text;
        GRACELINE_REASONS(X)
#undef X
    }
    return "unknown";
}

Disposition disposition_of_close_code(std::uint16_t code) {
    switch (code) {
        case 1002:
        case 1003:
        case 1007:
        case 1009:
        case 1010:
            return Disposition::terminal;
        case 1008:
        case 3000:
        case 3003:
        case 4401:
        case 4403:
            return Disposition::auth;
        case 1012:
        case 1013:
            return Disposition::throttled;
        case 1015:
            return Disposition::retry_slowly;
        default:
            return Disposition::retry;
    }
}

Disposition disposition_of_http_status(std::uint16_t status) {
    switch (status) {
        case 401:
        case 403:
            return Disposition::auth;
        case 429:
        case 503:
            return Disposition::throttled;
        case 408:
        case 425:
            return Disposition::retry;
        default:
            break;
    }
    // A redirect is never followed and a client error does not mend itself; 5xx may.
    return status >= 500 ? Disposition::retry : Disposition::terminal;
}

namespace {

Disposition disposition_of_reason(Reason reason) {
    switch (reason) {
        case Reason::certificate_refused:
            return Disposition::retry_slowly;
        case Reason::pin_mismatch:
        case Reason::proxy_auth_refused:
        case Reason::handshake_invalid:
        case Reason::protocol_error:
        case Reason::message_too_big:
        case Reason::session_failed:
        case Reason::retry_limit:
            return Disposition::terminal;
        case Reason::auth_refused:
            return Disposition::auth;
        default:
            return Disposition::retry;
    }
}

}  // namespace

Disposition disposition_of(const Failure& failure,
                           const std::vector<DispositionOverride>& overrides) {
    for (const auto& row : overrides) {
        if (row.close_code != 0 && row.close_code == failure.close_code) return row.disposition;
        if (row.http_status != 0 && row.http_status == failure.http_status) return row.disposition;
    }
    if (failure.reason == Reason::http_status) {
        return disposition_of_http_status(failure.http_status);
    }
    if (failure.reason == Reason::closed_by_server) {
        return disposition_of_close_code(failure.close_code);
    }
    return disposition_of_reason(failure.reason);
}

}  // namespace graceline::engine
