// Walks a template once, for checking or for expanding.
// Must not guess at what RFC 6570 allows and a history URL does not need.
#include "core/history/uri_template.hpp"

#include <algorithm>

#include "core/history/limits.hpp"

namespace graceline::history {

namespace {

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_unreserved(char c) {
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

bool is_reserved(char c) {
    return std::string_view(":/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
}

bool begins_triplet(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && is_hex(text[1]) && is_hex(text[2]);
}

/// The next part of a template: a literal, or what stands between braces.
struct Part {
    bool expression = false;
    std::string_view text;  ///< Without the braces.
};

/// Takes a part off `rest`; needs balanced braces.
Part take_part(std::string_view& rest) {
    Part part;
    if (rest.starts_with('{')) {
        const auto end = rest.find('}');
        part = {true, rest.substr(1, end - 1)};
        rest.remove_prefix(end + 1);
        return part;
    }
    part.text = rest.substr(0, rest.find('{'));
    rest.remove_prefix(part.text.size());
    return part;
}

/// '+', '?', '&', or 0 for a plain variable; `names` loses it.
char take_operator(std::string_view& names) {
    if (names.empty() || is_alnum(names.front())) return 0;
    const char c = names.front();
    names.remove_prefix(1);
    return c;
}

std::string_view take_name(std::string_view& names) {
    const auto name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    return name;
}

std::optional<std::string> brace_error(std::string_view text) {
    bool open = false;
    for (const char c : text) {
        if (c == '{' && open) return "a brace inside of braces";
        if (c == '}' && !open) return "a closing brace without its opening one";
        if (c == '{' || c == '}') open = c == '{';
    }
    if (open) return "an opening brace without its closing one";
    return std::nullopt;
}

std::optional<std::string> expression_error(std::string_view names,
                                            std::span<const std::string_view> allowed) {
    const char op = take_operator(names);
    if (op != 0 && op != '+' && op != '?' && op != '&') {
        return "only {name}, {+name}, {?a,b} and {&a,b} can be used in braces";
    }
    const bool list = op == '?' || op == '&';
    if (names.empty() || names.ends_with(',')) return "a name is missing in braces";
    if (!list && names.find(',') != std::string_view::npos) {
        return "several names in braces need the form {?a,b} or {&a,b}";
    }
    while (!names.empty()) {
        const auto name = take_name(names);
        if (std::ranges::find(allowed, name) != allowed.end()) continue;
        std::string error = "unknown variable {";
        const auto shows = [](char c) { return is_alnum(c) || c == '_'; };
        if (name.size() <= 32 && std::ranges::all_of(name, shows)) error.append(name);
        error += "}; there are";
        for (const auto& known : allowed) error.append(" ").append(known);
        return error;
    }
    return std::nullopt;
}

std::optional<std::string> literal_error(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '#') return "a fragment (#) is not allowed";
        if (c == '%' && !begins_triplet(text.substr(i))) {
            return "a percent sign needs two hexadecimal digits behind it";
        }
        if (!is_unreserved(c) && !is_reserved(c) && c != '%') {
            return "spaces and other characters that no URL may hold must be percent-encoded";
        }
    }
    return std::nullopt;
}

/// Of "https://", its length, else 0.
std::size_t scheme_size(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (text.starts_with(scheme)) return scheme.size();
    }
    return 0;
}

std::optional<std::string> authority_error(std::string_view text) {
    // "{?" may follow the host at once, no other variable may.
    const auto end = std::min(text.find_first_of("/?"), text.find("{?"));
    const auto authority = text.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return "credentials in the URL are not allowed; use the token or a header";
    }
    if (authority.find('{') != std::string_view::npos) return "the host must not hold a variable";
    if (authority.empty() || authority.starts_with(':')) return "the host must not be empty";
    return std::nullopt;
}

void append_encoded(std::string& out, std::string_view value, bool reserved_too) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool passes =
            is_unreserved(c) ||
            (reserved_too && ((is_reserved(c) && c != '#') || begins_triplet(value.substr(i))));
        if (passes) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += {'%', kHex[byte >> 4U], kHex[byte & 15U]};
        }
    }
}

std::string_view value_of(std::span<const Variable> variables, std::string_view name) {
    for (const auto& variable : variables) {
        if (variable.name == name) return variable.value;
    }
    return {};
}

}  // namespace

std::optional<std::string> template_error(std::string_view text,
                                          std::span<const std::string_view> allowed) {
    if (text.size() > kMaxTemplateBytes) {
        return "must not be longer than " + std::to_string(kMaxTemplateBytes) + " bytes";
    }
    const auto scheme = scheme_size(text);
    if (scheme == 0) return "must begin with https:// or http://";
    if (auto error = brace_error(text)) return error;
    if (auto error = authority_error(text.substr(scheme))) return error;
    bool query = false;
    while (!text.empty()) {
        const auto part = take_part(text);
        if (!part.expression) {
            if (auto error = literal_error(part.text)) return error;
            query = query || part.text.find('?') != std::string_view::npos;
            continue;
        }
        if (auto error = expression_error(part.text, allowed)) return error;
        if (part.text.starts_with('?')) {
            if (query) return "behind a '?' the form is {&a,b}";
            query = true;
        }
        if (part.text.starts_with('&') && !query) return "{&a,b} needs a '?' before it";
    }
    return std::nullopt;
}

bool template_uses(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        auto part = take_part(text);
        if (!part.expression) continue;
        take_operator(part.text);
        while (!part.text.empty()) {
            if (take_name(part.text) == name) return true;
        }
    }
    return false;
}

std::string expand_template(std::string_view text, std::span<const Variable> variables) {
    std::string url;
    while (!text.empty()) {
        auto part = take_part(text);
        if (!part.expression) {
            url.append(part.text);
            continue;
        }
        const char op = take_operator(part.text);
        while (!part.text.empty()) {
            const auto name = take_name(part.text);
            const auto value = value_of(variables, name);
            if (op != '?' && op != '&') {
                append_encoded(url, value, op == '+');
                continue;
            }
            if (value.empty()) continue;
            // Where all of a {?...} vanished, the first of a {&...} begins the query.
            url += url.find('?') == std::string::npos ? '?' : '&';
            url.append(name).append("=");
            append_encoded(url, value, false);
        }
    }
    return url;
}

}  // namespace graceline::history
