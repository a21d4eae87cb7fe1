// The time line of one life, for people: every input and output, a line each.
// Must cost nothing where nobody asked for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/engine/input.hpp"
#include "core/engine/output.hpp"
#include "tests/simulation/chance.hpp"

namespace graceline::simulation {

/// Who a line is about; the picture has a lane for each.
enum class Lane : std::uint8_t { app, client, connection, server, verdict };

class Trace {
  public:
    struct Entry {
        Instant at;
        Lane lane;
        std::string text;
    };

    void add(Instant at, Lane lane, std::string text) {
        entries_.push_back({at, lane, std::move(text)});
    }
    void input(Instant at, const engine::Input& input);
    void output(Instant at, const engine::Output& output);

    const std::vector<Entry>& entries() const { return entries_; }
    std::string text() const;
    std::string svg(std::uint64_t seed) const;

  private:
    std::vector<Entry> entries_;
};

}  // namespace graceline::simulation
