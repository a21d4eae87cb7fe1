// One connection attempt of a client, as the transport's listener: facts to the engine, payloads
// to the queue. Must not decide anything; a late call of an old attempt changes nothing.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/client/client.hpp"
#include "core/driver/transport.hpp"
#include "core/session/session.hpp"

namespace graceline::client {

class Attempt final : public driver::TransportListener,
                      public std::enable_shared_from_this<Attempt> {
  public:
    Attempt(std::shared_ptr<Client> client, engine::Generation generation);

    engine::Generation generation() const { return generation_; }
    void open();
    /// suspend: the server may keep the session (1001); else it is ended first (1000).
    void close(bool suspend);
    driver::Transport& transport() { return *transport_; }

  private:
    std::shared_ptr<std::mutex> lock_of_senders() override { return client_->mutex_owner_; }
    void on_progress(driver::OpeningStep step) override;
    void on_opened(const driver::Opened& opened) override;
    bool on_read_begin() override;
    void on_message(websocket::Opcode opcode, std::span<const std::uint8_t> payload) override;
    void on_part(const websocket::ReadEvent& part) override;
    void on_pong(std::span<const std::uint8_t> payload) override;
    bool on_read_end(std::uint32_t frames, std::size_t bytes) override;
    void on_flushed(std::uint64_t offset) override;
    void on_ended(const driver::TransportFailure& why) override;

    void carry_out_session_actions();
    void session_opened(const session::action::Opened& opened);
    void session_failed(const session::action::Failed& failed);
    /// False: it was delivered before.
    bool is_new(const FieldViews& fields);
    void note_newest();
    /// Gives a whole message to the session; false: it was the protocol's own.
    bool map(websocket::Opcode opcode, std::span<const std::uint8_t> payload,
             session::Message& message, FieldViews& fields);

    const std::shared_ptr<Client> client_;
    const engine::Generation generation_;
    std::shared_ptr<driver::Transport> transport_;
    engine::Instant read_at_{};
    std::int64_t read_at_ms_ = 0;
    websocket::Opcode part_opcode_ = websocket::Opcode::text;
    bool maps_frames_ = false;
    bool has_ids_ = false;
    std::uint64_t seen_before_read_ = 0;
    std::uint64_t duplicates_ = 0;
    /// The newest id of each conversation in this read; used again, so that nothing is allocated.
    struct Newest {
        std::string conversation;
        std::string id;
    };
    std::vector<Newest> newest_;
    std::size_t newest_count_ = 0;
};

}  // namespace graceline::client
