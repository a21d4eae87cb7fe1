// What happened in the demo, on one clock: the raw material of the lanes, the summary and the SVG.
// Must not decide anything, and must not draw.
#include "tools/demo/record.hpp"

namespace graceline::demo {

namespace {

template <class T>
void extend(std::vector<Span<T>>& spans, T value, Ms at) {
    if (!spans.empty()) spans.back().end = at;
    if (spans.empty() || spans.back().value != value) spans.push_back({value, at, at});
}

}  // namespace

void Record::add(const Sample& sample) {
    end = sample.at;
    extend(states, sample.state, sample.at);
    extend(statuses, sample.status, sample.at);
    extend(task_enabled, sample.task_enabled, sample.at);
    extend(needs_refresh, sample.needs_refresh, sample.at);
    if (!scenes.empty()) scenes.back().end = sample.at;
    const bool was_armed = !window.empty() && window.back().left > 0;
    if (sample.window_left > 0 || was_armed) {
        window.push_back({sample.at, sample.window_left > 0 ? sample.window_left : 0});
    }
}

}  // namespace graceline::demo
