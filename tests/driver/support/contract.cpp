// What the cases share.
// Must not hold a case.
#include "tests/driver/support/contract.hpp"

namespace graceline::tests {
namespace {

Peer accept_open(Harness& harness, Listener& listener,
                 const std::function<void(Harness&)>& prepare) {
    if (prepare) prepare(harness);
    harness.open();
    Peer peer = listener.accept();
    peer.upgrade();
    expect(harness.recorder().wait_opened(), "the connection did not open");
    return peer;
}

driver::TransportSettings changed_settings(std::uint16_t port,
                                           void (*change)(driver::TransportSettings&)) {
    driver::TransportSettings settings = plain_settings(port);
    if (change != nullptr) change(settings);
    return settings;
}

}  // namespace

void expect(bool holds, const std::string& text) {
    if (!holds) throw CaseFailed(text);
}

Talk::Talk(const TransportKind& kind) : Talk(kind, nullptr, {}) {}

Talk::Talk(const TransportKind& kind, void (*change)(driver::TransportSettings& settings))
    : Talk(kind, change, {}) {}

Talk::Talk(const TransportKind& kind, void (*change)(driver::TransportSettings& settings),
           const std::function<void(Harness&)>& prepare)
    : harness(kind, changed_settings(listener.port(), change)),
      peer(accept_open(harness, listener, prepare)) {}

driver::TransportFailure expect_ended(Recorder& recorder, engine::Reason reason) {
    expect(recorder.wait_ended(), "on_ended did not come");
    const Record record = recorder.record();
    expect(record.ended->cause.reason == reason,
           std::string("ended with ") + engine::to_string(record.ended->cause.reason) +
               " instead of " + engine::to_string(reason) + ": " + record.ended->text);
    expect(!record.ended->text.empty() || reason == engine::Reason::none, "the text is empty");
    expect(record.calls_after_end == 0, "the listener was called after on_ended");
    expect(record.calls_off_thread == 0, "the listener was called off the I/O thread");
    return *record.ended;
}

}  // namespace graceline::tests
