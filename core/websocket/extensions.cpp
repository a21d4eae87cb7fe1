// Offer and answer of permessage-deflate by RFC 7692 7.1, with the header grammar of RFC 6455 9.1.
// Must not be lenient: a misunderstood parameter garbles every later message.
#include "core/websocket/extensions.hpp"

#include "core/websocket/http_text.hpp"

namespace graceline::websocket {
namespace {

constexpr std::string_view kExtensionName = "permessage-deflate";
constexpr std::string_view kClientNoTakeover = "client_no_context_takeover";
constexpr std::string_view kServerNoTakeover = "server_no_context_takeover";
constexpr std::string_view kClientWindowBits = "client_max_window_bits";
constexpr std::string_view kServerWindowBits = "server_max_window_bits";

// Takes tokens and marks off the front of a header value, skipping the blanks between them.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool at_end() {
        skip_blanks();
        return rest_.empty();
    }
    bool take_mark(char mark) {
        skip_blanks();
        if (rest_.empty() || rest_.front() != mark) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Empty when there is none.
    std::string_view take_token() {
        skip_blanks();
        std::size_t size = 0;
        while (size < rest_.size() && is_token_char(rest_[size])) ++size;
        const std::string_view token = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return token;
    }
    // A token, or a quoted string that holds one; nothing when it is neither.
    std::optional<std::string> take_value() {
        if (!take_mark('"')) {
            const std::string_view token = take_token();
            if (token.empty()) return std::nullopt;
            return std::string(token);
        }
        std::string value;
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\') rest_.remove_prefix(1);
            if (rest_.empty()) return std::nullopt;
            value.push_back(rest_.front());
            rest_.remove_prefix(1);
        }
        if (!take_mark('"') || !is_token(value)) return std::nullopt;
        return value;
    }

  private:
    void skip_blanks() { rest_.remove_prefix(rest_.size() - trimmed_front().size()); }
    std::string_view trimmed_front() const {
        std::string_view text = rest_;
        while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
            text.remove_prefix(1);
        }
        return text;
    }

    std::string_view rest_;
};

// One answered permessage-deflate with its parameters, each at most once.
class Answer {
  public:
    explicit Answer(const DeflateOptions& offered) : offered_(offered) {}

    // False for a parameter that is unknown, repeated, without a value that it needs or with a
    // wrong one.
    bool add(std::string_view name, const std::optional<std::string>& value) {
        if (name == kClientNoTakeover) return set_flag(client_no_takeover_, value);
        if (name == kServerNoTakeover) return set_flag(server_no_takeover_, value);
        if (name == kClientWindowBits) {
            return set_bits(client_bits_, value, offered_.client_max_window_bits);
        }
        if (name == kServerWindowBits) {
            return set_bits(server_bits_, value, offered_.server_max_window_bits);
        }
        return false;
    }

    // Nothing when the server left out what the client asked of it.
    std::optional<NegotiatedDeflate> agreed() const {
        if (offered_.server_no_context_takeover && !server_no_takeover_) return std::nullopt;
        if (offered_.server_max_window_bits < kMaxWindowBits && !server_bits_) return std::nullopt;
        NegotiatedDeflate deflate;
        deflate.client_no_context_takeover =
            offered_.client_no_context_takeover || client_no_takeover_;
        deflate.server_no_context_takeover = server_no_takeover_;
        deflate.client_max_window_bits = client_bits_.value_or(offered_.client_max_window_bits);
        deflate.server_max_window_bits = server_bits_.value_or(kMaxWindowBits);
        deflate.max_ratio = offered_.max_ratio;
        return deflate;
    }

  private:
    static bool set_flag(bool& flag, const std::optional<std::string>& value) {
        if (flag || value) return false;
        flag = true;
        return true;
    }
    static bool set_bits(std::optional<int>& bits, const std::optional<std::string>& value,
                         int greatest) {
        if (bits || !value || value->front() == '0') return false;
        const auto number = parse_decimal(*value);
        if (!number || *number < kMinWindowBits || *number > static_cast<unsigned>(greatest)) {
            return false;
        }
        bits = static_cast<int>(*number);
        return true;
    }

    const DeflateOptions& offered_;
    bool client_no_takeover_ = false;
    bool server_no_takeover_ = false;
    std::optional<int> client_bits_;
    std::optional<int> server_bits_;
};

// Reads ";name=value" pairs up to the next comma or the end.
bool read_parameters(Scanner& scanner, Answer& answer) {
    while (scanner.take_mark(';')) {
        const std::string_view name = scanner.take_token();
        if (name.empty()) return false;
        std::optional<std::string> value;
        if (scanner.take_mark('=')) {
            value = scanner.take_value();
            if (!value) return false;
        }
        if (!answer.add(name, value)) return false;
    }
    return true;
}

}  // namespace

std::string write_extension_offer(const DeflateOptions& offered) {
    if (!offered.enabled) return {};
    std::string offer(kExtensionName);
    const auto append = [&offer](std::string_view name) { offer.append("; ").append(name); };
    if (offered.client_no_context_takeover) append(kClientNoTakeover);
    if (offered.server_no_context_takeover) append(kServerNoTakeover);
    // Without a value: the server may name any size, and is told that we can follow.
    append(kClientWindowBits);
    if (offered.client_max_window_bits < kMaxWindowBits) {
        offer.append("=").append(std::to_string(offered.client_max_window_bits));
    }
    if (offered.server_max_window_bits < kMaxWindowBits) {
        append(kServerWindowBits);
        offer.append("=").append(std::to_string(offered.server_max_window_bits));
    }
    return offer;
}

std::optional<std::string> deflate_options_error(const DeflateOptions& options) {
    if (!options.enabled) return std::nullopt;
    if (options.client_max_window_bits < kMinClientWindowBits ||
        options.client_max_window_bits > kMaxWindowBits) {
        return "the client's window must have 9 to 15 bits";
    }
    if (options.server_max_window_bits < kMinWindowBits ||
        options.server_max_window_bits > kMaxWindowBits) {
        return "the server's window must have 8 to 15 bits";
    }
    if (options.level < 0 || options.level > 9) return "the compression level must be 0 to 9";
    if (options.max_ratio == 0) return "the inflate ratio limit must be at least 1";
    return std::nullopt;
}

HandshakeError read_extension_answer(std::span<const std::string_view> values,
                                     const DeflateOptions& offered,
                                     std::optional<NegotiatedDeflate>& agreed) {
    for (const std::string_view value : values) {
        Scanner scanner(value);
        if (scanner.at_end()) return HandshakeError::bad_extension_parameters;
        while (!scanner.at_end()) {
            const std::string_view name = scanner.take_token();
            if (name.empty()) return HandshakeError::bad_extension_parameters;
            if (!offered.enabled || !equals_ignoring_case(name, kExtensionName)) {
                return HandshakeError::unexpected_extension;
            }
            // The same extension twice would need two meanings of one bit.
            if (agreed) return HandshakeError::unexpected_extension;
            Answer answer(offered);
            if (!read_parameters(scanner, answer)) return HandshakeError::bad_extension_parameters;
            agreed = answer.agreed();
            if (!agreed) return HandshakeError::bad_extension_parameters;
            if (scanner.at_end()) break;
            if (!scanner.take_mark(',') || scanner.at_end()) {
                return HandshakeError::bad_extension_parameters;
            }
        }
    }
    return HandshakeError::none;
}

}  // namespace graceline::websocket
