// A strict reader of HTTP-dates, by hand because the C library's depends on the locale.
// Must not accept other zones than GMT.
#include "core/websocket/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "core/websocket/http_text.hpp"

namespace graceline::websocket {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr unsigned kFirstTwoDigitYear = 70;

// Takes fixed pieces off the front of a text; ok() is false once one did not fit.
class DateScanner {
  public:
    explicit DateScanner(std::string_view text) : rest_(text) {}

    void literal(std::string_view text) {
        if (take(text.size()) != text) ok_ = false;
    }
    unsigned number(std::size_t digits) {
        const auto value = parse_decimal(take(digits));
        if (!value) ok_ = false;
        return value.value_or(0);
    }
    // One or two digits in two columns, as asctime() pads.
    unsigned padded_number() {
        const auto value = parse_decimal(trimmed(take(2)));
        if (!value) ok_ = false;
        return value.value_or(0);
    }
    unsigned month() {
        const auto found = std::find(kMonths.begin(), kMonths.end(), take(3));
        if (found == kMonths.end()) ok_ = false;
        return static_cast<unsigned>(found - kMonths.begin()) + 1;
    }
    bool ok() const { return ok_ && rest_.empty(); }

  private:
    std::string_view take(std::size_t size) {
        if (rest_.size() < size) ok_ = false;
        const std::string_view piece = rest_.substr(0, size);
        rest_.remove_prefix(piece.size());
        return piece;
    }

    std::string_view rest_;
    bool ok_ = true;
};

struct Fields {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

void read_time(DateScanner& scanner, Fields& fields) {
    fields.hour = scanner.number(2);
    scanner.literal(":");
    fields.minute = scanner.number(2);
    scanner.literal(":");
    fields.second = scanner.number(2);
}

// "06 Nov 1994 08:49:37 GMT" or, of RFC 850, "06-Nov-94 08:49:37 GMT".
Fields read_day_first(DateScanner& scanner, std::string_view separator, std::size_t year_digits) {
    Fields fields;
    fields.day = scanner.number(2);
    scanner.literal(separator);
    fields.month = scanner.month();
    scanner.literal(separator);
    fields.year = scanner.number(year_digits);
    if (year_digits == 2) fields.year += fields.year >= kFirstTwoDigitYear ? 1900 : 2000;
    scanner.literal(" ");
    read_time(scanner, fields);
    scanner.literal(" GMT");
    return fields;
}

// "Nov  6 08:49:37 1994"
Fields read_asctime(DateScanner& scanner) {
    Fields fields;
    fields.month = scanner.month();
    scanner.literal(" ");
    fields.day = scanner.padded_number();
    scanner.literal(" ");
    read_time(scanner, fields);
    scanner.literal(" ");
    fields.year = scanner.number(4);
    return fields;
}

std::optional<std::int64_t> to_unix_seconds(const Fields& fields) {
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(fields.year)), month(fields.month),
                              day(fields.day)};
    // 60 is a leap second.
    if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60) {
        return std::nullopt;
    }
    const std::int64_t days = sys_days(date).time_since_epoch().count();
    return days * 86'400 + fields.hour * 3'600 + fields.minute * 60 + fields.second;
}

template <std::size_t Size>
bool contains(const std::array<std::string_view, Size>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
    constexpr std::size_t kShortDayBytes = 3;
    const std::size_t comma = text.find(',');
    if (comma == std::string_view::npos) {
        if (!contains(kDays, text.substr(0, kShortDayBytes))) return std::nullopt;
        DateScanner scanner(text.substr(kShortDayBytes));
        scanner.literal(" ");
        const Fields fields = read_asctime(scanner);
        return scanner.ok() ? to_unix_seconds(fields) : std::nullopt;
    }
    const std::string_view weekday = text.substr(0, comma);
    const bool is_long = contains(kLongDays, weekday);
    if (!is_long && !contains(kDays, weekday)) return std::nullopt;
    DateScanner scanner(text.substr(comma + 1));
    scanner.literal(" ");
    const Fields fields =
        is_long ? read_day_first(scanner, "-", 2) : read_day_first(scanner, " ", 4);
    return scanner.ok() ? to_unix_seconds(fields) : std::nullopt;
}

}  // namespace graceline::websocket
