// One connection attempt over cpprestsdk: relay, object, inbox and ledger put together.
// Must not include cpprest; lives on the I/O thread but for send() and ping().
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/driver/cpprest/inbox.hpp"
#include "core/driver/cpprest/relay.hpp"
#include "core/driver/cpprest/sdk_client.hpp"
#include "core/driver/cpprest/send_ledger.hpp"
#include "core/driver/cpprest/tls_policy.hpp"
#include "core/driver/loop.hpp"
#include "core/driver/transport.hpp"

namespace graceline::driver::cpprest {

class Attempt final : public RelayOwner, public std::enable_shared_from_this<Attempt> {
  public:
    Attempt(std::shared_ptr<Loop> loop, std::shared_ptr<const TransportSettings> settings,
            TransportListener& listener);
    ~Attempt();

    void open();
    void close(std::uint16_t code, std::string_view reason);
    void abort();
    void resume_reading();

    /// Any thread.
    SendResult send(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
                    std::uint64_t& out_offset);
    void ping(std::span<const std::uint8_t> payload);

    void relay_progress(OpeningStep step) override;
    void relay_ready() override;
    void relay_entered() override;
    void relay_written(std::span<const std::uint8_t> bytes) override;
    void relay_server_ended() override;
    void relay_failed(const TransportFailure& why) override;

  private:
    enum class State : std::uint8_t { idle, opening, open, closing, ended };

    std::optional<TransportFailure> refusal_of_settings() const;
    std::string url() const;
    void start_sdk();

    void schedule_drain();
    void drain();
    void watch_the_end();
    void learn_facts();
    void take_messages();
    void opened();
    bool deliver_read();
    bool deliver(const Received& message);
    void adjust_reading();
    bool all_delivered() const { return next_message_ == batch_.messages.size(); }
    bool alive() const { return state_ != State::ended; }

    TransportFailure opening_failure(SdkFailure failure, const std::string& text) const;
    TransportFailure closing_cause(std::uint16_t code) const;
    void end_with_close_frame(TransportFailure why);
    void end_later(TransportFailure why);
    void end(const TransportFailure& why);
    void release(bool at_once);

    const std::shared_ptr<Loop> loop_;
    const std::shared_ptr<const TransportSettings> settings_;
    TransportListener* listener_;  ///< Null when ended.
    State state_ = State::idle;
    std::shared_ptr<Relay> relay_;
    std::shared_ptr<TlsPolicy> tls_;
    std::shared_ptr<Inbox> inbox_;

    boost::asio::steady_timer end_watch_;

    InboxMessages batch_;
    std::size_t next_message_ = 0;
    bool drain_scheduled_ = false;
    bool listener_full_ = false;  ///< on_read_end said so.
    bool discarding_ = false;     ///< on_read_begin said so.
    bool news_ = false;           ///< Since watch_the_end() last looked.
    bool secured_ = false;
    bool sdk_connected_ = false;
    std::string tls_version_;
    std::optional<SdkFailure> connect_failure_;
    std::string failure_text_;
    std::optional<std::uint16_t> close_code_;
    bool own_verdict_ = false;
    bool server_ended_ = false;
    std::uint16_t own_close_code_ = 0;
    std::optional<TransportFailure> verdict_;  ///< Said to the server; ends when that has left.

    std::mutex send_mutex_;  ///< Guards what follows: senders come from any thread.
    bool sendable_ = false;
    SendLedger ledger_;
    std::shared_ptr<SdkClient> sdk_;
};

}  // namespace graceline::driver::cpprest
