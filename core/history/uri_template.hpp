// URL templates: the part of RFC 6570 that history URLs need, strict.
// Must not judge which hosts may be reached: only what a template may look like.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace graceline::history {

/// An empty value is undefined (RFC 6570 section 2.3).
struct Variable {
    std::string_view name;
    std::string_view value;
};

/// The rule that `text` breaks, for the person who typed it; nothing when it is valid. Valid:
/// an absolute http or https URL whose host is plain text, with {name}, {+name}, {?a,b} and {&a,b}
/// of the `allowed` names behind it.
std::optional<std::string> template_error(std::string_view text,
                                          std::span<const std::string_view> allowed);

/// Does a template without template_error() mention the variable?
bool template_uses(std::string_view text, std::string_view name);

/// The URL of a template without template_error(). All but RFC 3986's unreserved characters are
/// percent-encoded; {+name} lets reserved ones through too, except '#', which would hide the rest
/// of the URL from the server. Undefined variables vanish, in {?...} and {&...} with their names.
std::string expand_template(std::string_view text, std::span<const Variable> variables);

}  // namespace graceline::history
