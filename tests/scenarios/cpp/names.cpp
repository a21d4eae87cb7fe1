// The names that the library does not give by itself.
// Must not invent one: they are the enums' own words.
#include "tests/scenarios/cpp/names.hpp"

#include <cctype>

namespace graceline::scenarios {

std::string name_of_status(Status status) {
    constexpr std::string_view kPrefix = "GRACELINE_";
    constexpr std::string_view kErrorPrefix = "GRACELINE_E_";
    std::string name = graceline::name_of(status);
    name.erase(0, name.rfind(kErrorPrefix, 0) == 0 ? kErrorPrefix.size() : kPrefix.size());
    for (auto& letter : name) letter = static_cast<char>(std::tolower(letter));
    return name;
}

std::string name_of_fate(Fate fate) {
    switch (fate) {
        case Fate::none:
            return "none";
        case Fate::sent:
            return "sent";
        case Fate::failed:
            return "failed";
        case Fate::acknowledged:
            return "acknowledged";
    }
    return "unknown";
}

std::string name_of_page_end(PageEnd end) {
    switch (end) {
        case PageEnd::no:
            return "no";
        case PageEnd::proven:
            return "proven";
        case PageEnd::unproven:
            return "unproven";
    }
    return "unknown";
}

Network network_named(const std::string& name) {
    if (name == "unknown") return Network::unknown;
    if (name == "off") return Network::off;
    if (name == "available") return Network::available;
    if (name == "metered") return Network::metered;
    throw Unknown("no such network: " + name);
}

HistoryScope scope_named(const std::string& name) {
    if (name == "all") return HistoryScope::all;
    if (name == "per_conversation") return HistoryScope::per_conversation;
    throw Unknown("no such scope: " + name);
}

}  // namespace graceline::scenarios
