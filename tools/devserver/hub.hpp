// Knows every open connection and hands out messages, cuts, closes and freezes to them.
// Must not know what a connection is made of: it sees peers only.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tools/devserver/faults.hpp"
#include "tools/devserver/store.hpp"

namespace graceline::devserver {

// One message, serialised once for all who receive it.
struct Outgoing {
    std::shared_ptr<const std::string> json;
    std::shared_ptr<const std::string> raw;
};

// One connection. None of these functions may destroy the peer before it returns.
class Peer : public std::enable_shared_from_this<Peer> {
  public:
    virtual ~Peer() = default;
    virtual bool is_websocket() const = 0;
    virtual bool is_control() const = 0;
    virtual bool is_in_room(const std::string& room) const = 0;
    virtual void push(const Outgoing& message) = 0;
    virtual void cut(CutKind kind) = 0;
    virtual void close(const CloseOrder& order) = 0;
    virtual void ping() = 0;
    virtual void set_frozen(bool frozen) = 0;
};

class Hub {
  public:
    void add(Peer& peer) { peers_.insert(&peer); }
    void remove(Peer& peer) { peers_.erase(&peer); }
    std::size_t count() const { return peers_.size(); }

    void push(const MessagePtr& message);
    // Cut, close and ping of a change, then the freezing and thawing its switches ask for.
    void carry_out(const FaultChange& change);
    void close_websockets(const CloseOrder& order);
    void thaw_all();
    // The end of the server: everything, at once.
    void cut_all();

  private:
    std::vector<std::shared_ptr<Peer>> peers() const;
    std::vector<std::shared_ptr<Peer>> websockets(const std::optional<std::string>& room) const;

    std::set<Peer*> peers_;
};

std::string message_json(const Message& message);

}  // namespace graceline::devserver
