// Shows what happens, for people or as one JSON object a line.
// Must not decide anything, nor show a secret.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "graceline/graceline.hpp"
#include "tools/graceline/json_line.hpp"
#include "tools/graceline/timeline.hpp"

namespace graceline::cli {

class Reporter {
  public:
    /// Times are shown from now on.
    Reporter(bool json, std::FILE* out) : json_(json), out_(out), start_(now()) {}

    void show(const Event& event);
    void show(const Step& step);
    /// A step that the library refused.
    void show_refused(const Step& step, const Error& error);
    void show_queries(const Client& client);
    void show_end(int exit_code, std::string_view text);

  private:
    struct EventWriter;

    JsonLine json_line(Milliseconds time, std::string_view type) const;
    void print(JsonLine& line);
    void print(Milliseconds time, std::string_view what, const std::string& text);
    void print_line(const std::string& line);

    bool json_;
    std::FILE* out_;
    Milliseconds start_;
};

}  // namespace graceline::cli
