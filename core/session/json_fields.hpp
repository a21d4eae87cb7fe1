// The one JSON mapper: reads the values at a few pointers out of a document in one pass.
// Must not keep or change a document, and must not let the JSON library's names out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/session/json_pointer.hpp"

namespace graceline::session {

inline constexpr std::size_t kMaxJsonBytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::uint32_t kMaxJsonDepth = 64;
/// A longer value is not a field: ids and names are short, and they are kept.
inline constexpr std::size_t kMaxFieldBytes = 1024;
inline constexpr std::size_t kMaxPlanFields = 16;
inline constexpr std::size_t kMaxJsonItems = 10'000;

enum class JsonResult : std::uint8_t {
    ok,
    malformed,       ///< Not JSON by RFC 8259, or not UTF-8.
    too_deep,        ///< Nested deeper than kMaxJsonDepth.
    too_large,       ///< Above kMaxJsonBytes.
    too_many_items,  ///< More than kMaxJsonItems in the array of items.
};

const char* to_string(JsonResult result);

/// The text of a string (unescaped), of a number (as it stands in the JSON, so that a long id
/// loses no digit) or of true/false. Nothing: missing, null, object, array, over kMaxFieldBytes
/// (where the plan does not allow more), or with half of a surrogate pair. Valid until the next
/// read of the same reader.
using JsonText = std::optional<std::string_view>;

/// Where to look. Of members with the same name the first counts.
struct JsonPlanOptions {
    std::vector<std::string> fields;       ///< Pointers from the root.
    std::optional<std::string> items;      ///< Pointer to an array; its elements are items.
    std::vector<std::string> item_fields;  ///< Pointers from each item.
    /// Indices of fields and item_fields that may be longer than kMaxFieldBytes: the document is
    /// their bound.
    std::vector<std::size_t> long_fields{};
    std::vector<std::size_t> long_item_fields{};
};

/// The pointers of one client, compiled once.
class JsonPlan {
  public:
    /// The rule that a pointer or their number breaks; nothing when the plan is valid.
    static std::optional<std::string> error_in(const JsonPlanOptions& options);

    /// `options` have no error_in().
    explicit JsonPlan(const JsonPlanOptions& options);

    std::size_t fields() const { return fields_; }
    std::size_t item_fields() const { return item_fields_; }

  private:
    friend class JsonWalk;
    static constexpr std::int32_t kNone = -1;

    /// A tree of pointer tokens, shared prefixes once.
    struct Node {
        PointerToken token;
        std::int32_t first_child = kNone;
        std::int32_t next_sibling = kNone;
        std::int32_t first_slot = kNone;  ///< Into slots_: the fields that end here.
        bool items = false;               ///< The array of items is here.
    };
    struct Slot {
        std::size_t field = 0;
        std::size_t max_bytes = kMaxFieldBytes;
        std::int32_t next = kNone;
    };

    std::int32_t add_path(std::int32_t root, std::string_view pointer);
    void add_fields(std::int32_t root, const std::vector<std::string>& pointers,
                    const std::vector<std::size_t>& long_ones);

    std::vector<Node> nodes_;
    std::vector<Slot> slots_;
    std::int32_t item_root_ = kNone;
    std::size_t fields_ = 0;
    std::size_t item_fields_ = 0;
};

/// Gets the items of a document in their order. What came must be thrown away when read() does not
/// end with ok: that a document is malformed can show after its items.
class JsonItemSink {
  public:
    virtual ~JsonItemSink() = default;
    /// The array is there, however many items it has.
    virtual void on_array() {}
    /// `json`: the item's own text. `fields`: one a pointer of item_fields. Valid in the call only.
    virtual void on_item(std::string_view json, std::span<const JsonText> fields) = 0;
};

/// Reads documents. Holds the buffers, so one serves all clients of a thread; about eight times
/// the largest document. Allocates nothing for a document that is no larger than an earlier one.
class JsonReader {
  public:
    JsonReader();
    ~JsonReader();
    JsonReader(const JsonReader&) = delete;
    JsonReader& operator=(const JsonReader&) = delete;

    /// Fills `fields` (plan.fields() of them); all are empty unless the answer is ok. The whole
    /// document is checked, also behind the last field. Items go to `sink` if there is one.
    JsonResult read(const JsonPlan& plan, std::string_view json, std::span<JsonText> fields,
                    JsonItemSink* sink = nullptr);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace graceline::session
