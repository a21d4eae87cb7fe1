// The one place where threads of cpprestsdk and ours meet.
// Must not do work under its lock beyond copying a payload.
#include "core/driver/cpprest/inbox.hpp"

#include <utility>

#include "core/driver/cpprest/limits.hpp"

namespace graceline::driver::cpprest {

Inbox::Inbox(std::uint64_t max_message_bytes, std::function<void()> wake)
    : max_message_bytes_(max_message_bytes), wake_(std::move(wake)) {}

template <typename Change>
void Inbox::change(Change apply) {
    std::function<void()> wake;
    {
        const std::lock_guard lock(mutex_);
        if (silent_) return;
        apply();
        if (std::exchange(woken_, true)) return;
        wake = wake_;
    }
    wake();
}

InboxFacts Inbox::take_facts() {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    return std::exchange(facts_, {});
}

void Inbox::take_messages(InboxMessages& messages) {
    // A buffer that one huge message made is not kept.
    if (messages.bytes.capacity() > kMaxInboxBytes) messages = {};
    messages.messages.clear();
    messages.bytes.clear();
    const std::lock_guard lock(mutex_);
    std::swap(messages, messages_);
}

std::size_t Inbox::waiting_bytes() const {
    const std::lock_guard lock(mutex_);
    return messages_.bytes.size() + messages_.messages.size() * sizeof(Received);
}

void Inbox::silence() {
    std::function<void()> released;
    const std::lock_guard lock(mutex_);
    silent_ = true;
    released.swap(wake_);
    facts_ = {};
    messages_ = {};
}

void Inbox::secured(const TlsFacts& facts) {
    change([&] { facts_.secured = facts; });
}

void Inbox::sdk_connected() {
    change([&] { facts_.connected = true; });
}

void Inbox::sdk_connect_failed(SdkFailure failure, std::string text) {
    change([&] {
        facts_.connect_failure = failure;
        facts_.failure_text = std::move(text);
    });
}

void Inbox::sdk_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) {
    change([&] {
        if (message_refused_) return;
        message_refused_ = payload.size() > max_message_bytes_;
        if (message_refused_) payload = {};
        messages_.messages.push_back(
            {opcode, messages_.bytes.size(), payload.size(), message_refused_});
        messages_.bytes.insert(messages_.bytes.end(), payload.begin(), payload.end());
    });
}

void Inbox::sdk_closed(std::uint16_t code, bool own_verdict) {
    change([&] {
        facts_.close_code = code;
        facts_.own_verdict = own_verdict;
    });
}

}  // namespace graceline::driver::cpprest
