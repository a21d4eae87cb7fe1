// Brings what happens on cpprestsdk's threads to the I/O thread, in one order and in batches.
// Must not call the listener, and must not keep its owner alive.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/driver/cpprest/sdk_client.hpp"
#include "core/driver/cpprest/tls_policy.hpp"

namespace graceline::driver::cpprest {

struct Received {
    websocket::Opcode opcode = websocket::Opcode::continuation;
    std::size_t begin = 0;  ///< In the batch's bytes.
    std::size_t size = 0;
    bool too_big = false;  ///< Its payload was dropped, and nothing after it was kept.
};

/// What happened since it was last asked for. Each fact happens once.
struct InboxFacts {
    std::optional<TlsFacts> secured;
    bool connected = false;
    std::optional<SdkFailure> connect_failure;
    std::string failure_text;
    std::optional<std::uint16_t> close_code;  ///< No message comes in after it.
    bool own_verdict = false;                 ///< See SdkEvents::sdk_closed.
};

struct InboxMessages {
    std::vector<Received> messages;
    std::vector<std::uint8_t> bytes;
};

class Inbox final : public SdkEvents {
  public:
    /// `wake` is called, on any thread, when something comes in after take_facts().
    Inbox(std::uint64_t max_message_bytes, std::function<void()> wake);

    InboxFacts take_facts();
    /// Swaps the buffers; those given in are used again.
    void take_messages(InboxMessages& messages);
    std::size_t waiting_bytes() const;
    /// No wake-up any more, nothing is kept any more.
    void silence();

    void secured(const TlsFacts& facts);
    void sdk_connected() override;
    void sdk_connect_failed(SdkFailure failure, std::string text) override;
    void sdk_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) override;
    void sdk_closed(std::uint16_t code, bool own_verdict) override;

  private:
    template <typename Change>
    void change(Change apply);

    const std::uint64_t max_message_bytes_;
    mutable std::mutex mutex_;
    std::function<void()> wake_;
    InboxFacts facts_;
    InboxMessages messages_;
    bool woken_ = false;
    bool silent_ = false;
    bool message_refused_ = false;
};

}  // namespace graceline::driver::cpprest
