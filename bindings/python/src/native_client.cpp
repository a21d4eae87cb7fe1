// The life of a handle inside Python.
// Must never release in a fork's child: the threads that would answer are not there.
#include "native_client.hpp"

#include "errors.hpp"
#include "process.hpp"

namespace graceline_python {

void LogLines::add(graceline::LogLevel level, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (lines_.size() >= kMostLines) {
        ++dropped_;
        return;
    }
    lines_.emplace_back(static_cast<int>(level), std::string(text));
}

std::vector<std::pair<int, std::string>> LogLines::take() {
    const std::lock_guard lock(mutex_);
    if (dropped_ > 0) {
        lines_.emplace_back(static_cast<int>(graceline::LogLevel::warning),
                            std::to_string(dropped_) + " log lines dropped: nobody took them");
        dropped_ = 0;
    }
    return std::exchange(lines_, {});
}

NativeClient::NativeClient(graceline::Options options) : log_(std::make_shared<LogLines>()) {
    check_fork();
    options.log = [log = log_](graceline::LogLevel level, std::string_view text) {
        log->add(level, text);
    };
    note_library_used();
    client_ = std::make_unique<graceline::Client>(options);
}

NativeClient::~NativeClient() {
    if (is_forked()) {
        static_cast<void>(client_.release());
        return;
    }
    // Returns at once, but takes locks that a thread may hold which waits for the GIL.
    without_gil([this] { client_.reset(); });
}

graceline::Client& NativeClient::get() {
    check_fork();
    return *client_;
}

}  // namespace graceline_python
