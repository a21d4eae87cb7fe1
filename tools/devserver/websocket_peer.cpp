// One WebSocket: pushes the messages of its rooms, publishes what it receives, or echoes.
// Must not know HTTP paths other than through its plan.
#include "tools/devserver/websocket_peer.hpp"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <nlohmann/json.hpp>

#include "tools/devserver/limits.hpp"

namespace graceline::devserver {

namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using Json = nlohmann::ordered_json;

constexpr int kCodeUnsupported = 1003;
constexpr int kCodeNone = 1005;
constexpr int kCodeAbnormal = 1006;
constexpr int kCodeTryAgainLater = 1013;
constexpr char kPongHead = '\x8A';

struct Item {
    std::shared_ptr<const std::string> bytes;
    bool binary = false;
};

std::string choose_subprotocol(const Options& options, boost::beast::string_view offered) {
    for (const auto& name : http::token_list{offered}) {
        const std::string wanted(name.data(), name.size());
        const auto& known = options.subprotocols;
        if (std::find(known.begin(), known.end(), wanted) != known.end()) return wanted;
    }
    return {};
}

class WebSocketPeer final : public Peer {
  public:
    WebSocketPeer(Context& context, Wire wire, WebSocketPlan plan, ConnectionCount count,
                  bool control)
        : context_(context),
          api_(context),
          plan_(std::move(plan)),
          count_(std::move(count)),
          control_(control),
          stream_(std::move(wire)),
          deadline_(stream_.get_executor()) {
        context_.hub.add(*this);
    }
    ~WebSocketPeer() override {
        context_.hub.remove(*this);
        leave();
    }

    bool is_websocket() const override { return open_; }
    bool is_control() const override { return control_; }
    bool is_in_room(const std::string& room) const override {
        return std::find(plan_.rooms.begin(), plan_.rooms.end(), room) != plan_.rooms.end();
    }

    void push(const Outgoing& message) override {
        ++context_.stats.messages_pushed;
        enqueue({plan_.kind == WebSocketKind::raw ? message.raw : message.json, false});
    }

    void cut(CutKind kind) override {
        cut_by_server_ = true;
        stream_.next_layer().shut(kind == CutKind::reset);
    }

    void close(const CloseOrder& order) override {
        if (!open_ || closing_) return;
        closing_ = true;
        // What is in flight ends first (Beast sees to it); what waits behind it never goes out.
        if (queue_.size() > 1) queue_.resize(1);
        arm_close_deadline();
        websocket::close_reason reason;
        reason.code = order.code == kCodeNone ? 0 : static_cast<std::uint16_t>(order.code);
        reason.reason.assign(order.reason.data(), order.reason.size());
        stream_.async_close(reason, [self = self()](ErrorCode error) {
            if (!error) self->record_close();
            self->end();
        });
    }

    void ping() override {
        if (!open_ || closing_ || ping_pending_) return;
        ping_pending_ = true;
        stream_.async_ping({}, [self = self()](ErrorCode) { self->ping_pending_ = false; });
    }

    void set_frozen(bool frozen) override { stream_.next_layer().set_frozen(frozen); }

    void start(const http::request<http::string_body>& request) {
        configure(
            choose_subprotocol(context_.options, request[http::field::sec_websocket_protocol]));
        stream_.async_accept(request, [self = self()](ErrorCode error) {
            if (error) {
                ++self->context_.stats.upgrades_refused;
                return self->end();
            }
            self->on_open();
        });
    }

  private:
    std::shared_ptr<WebSocketPeer> self() {
        return std::static_pointer_cast<WebSocketPeer>(shared_from_this());
    }

    void configure(std::string subprotocol) {
        websocket::permessage_deflate deflate;
        deflate.server_enable = context_.options.deflate;
        stream_.set_option(deflate);
        // Idle clients are the subject of the tests: only they and the switches end a connection.
        stream_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                           websocket::stream_base::none(), false});
        stream_.set_option(websocket::stream_base::decorator(
            [name = std::move(subprotocol)](websocket::response_type& response) {
                response.set(http::field::server, "graceline-devserver");
                if (!name.empty()) response.set(http::field::sec_websocket_protocol, name);
            }));
        stream_.auto_fragment(false);
        stream_.read_message_max(plan_.kind == WebSocketKind::echo ? kMaxEchoFrameBytes
                                                                   : kMaxPublishFrameBytes);
        // Beast calls it from within the read, so the peer is alive.
        stream_.control_callback(
            [this](websocket::frame_type type, boost::beast::string_view payload) {
                on_control(type, payload);
            });
    }

    void on_open() {
        open_ = true;
        ++context_.stats.websockets_now;
        ++context_.stats.websockets_total;
        if (context_.faults.frozen_after_upgrade && !control_) set_frozen(true);
        read();
    }

    void read() {
        stream_.async_read(buffer_, [self = self()](ErrorCode error, std::size_t) {
            if (error) return self->on_read_error(error);
            self->on_message();
        });
    }

    void on_read_error(ErrorCode error) {
        if (error == websocket::error::closed) {
            record_close();
        } else if (!closing_) {
            record_close(kCodeAbnormal,
                         cut_by_server_ ? "cut by the fault switch" : error.message());
        }
        // While the server's own close is under way its completion comes still and ends the rest.
        if (!closing_ || error != websocket::error::closed) end();
    }

    void on_control(websocket::frame_type type, boost::beast::string_view payload) {
        if (type == websocket::frame_type::close) {
            record_close();
            return arm_close_deadline();
        }
        if (type == websocket::frame_type::pong) {
            ++context_.stats.pongs_received;
            return;
        }
        ++context_.stats.pings_received;
        if (!context_.faults.no_pong || control_) return;
        ++context_.stats.pongs_withheld;
        std::string frame{kPongHead, static_cast<char>(payload.size())};
        frame.append(payload.data(), payload.size());
        stream_.next_layer().withhold(std::move(frame));
    }

    void on_message() {
        ++context_.stats.frames_received;
        const auto bytes = static_cast<const char*>(buffer_.data().data());
        std::string text(bytes, buffer_.size());
        buffer_.consume(buffer_.size());
        if (plan_.kind == WebSocketKind::echo) {
            echo(std::move(text));
        } else if (stream_.got_binary()) {
            close({kCodeUnsupported, "text only"});
        } else {
            publish(text);
        }
        // An echo client that does not read is answered by not reading from it.
        if (plan_.kind == WebSocketKind::echo && queue_is_full()) {
            reading_paused_ = true;
            return;
        }
        read();
    }

    void echo(std::string bytes) {
        enqueue({std::make_shared<const std::string>(std::move(bytes)), stream_.got_binary()});
    }

    void publish(const std::string& text) {
        NewMessage message{plan_.rooms.front(), plan_.user, text, {}};
        const Json json = Json::parse(text, nullptr, false);
        if (json.is_object() && json.contains("body")) {
            for (const char* field : {"conversation", "body", "client_id"}) {
                if (json.contains(field) && !json[field].is_string()) {
                    return tell_error({field, "text"}, {});
                }
            }
            message.conversation = json.value("conversation", plan_.rooms.front());
            message.body = json["body"];
            message.client_id = json.value("client_id", "");
        }
        const std::string client_id = message.client_id;
        const auto outcome = api_.publish(std::move(message));
        if (outcome.error) return tell_error(*outcome.error, client_id);
        if (outcome.too_many_rooms) {
            return tell_error({"conversation", "there are too many rooms already"}, client_id);
        }
        if (client_id.empty()) return;
        const Json ack = {{"ack", client_id}, {"id", outcome.published->message->id}};
        enqueue({std::make_shared<const std::string>(ack.dump()), false});
    }

    void tell_error(const FieldError& error, const std::string& client_id) {
        Json json = {{"error", {{"field", error.field}, {"rule", error.rule}}}};
        if (!client_id.empty()) json["error"]["client_id"] = client_id;
        const auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
        enqueue({std::make_shared<const std::string>(text), false});
    }

    bool queue_is_full() const {
        return queue_.size() >= kMaxQueuedMessageCount || queued_bytes_ >= kMaxQueuedBytes;
    }

    void enqueue(Item item) {
        if (!open_ || closing_) return;
        if (queue_is_full()) {
            if (!stream_.next_layer().is_frozen()) {
                ++context_.stats.slow_clients_closed;
                return close({kCodeTryAgainLater, "client reads too slowly"});
            }
            // A black hole swallows; only the newest stay for the time after it.
            while (queue_.size() > 1 && queue_is_full()) {
                queued_bytes_ -= queue_[1].bytes->size();
                queue_.erase(queue_.begin() + 1);
                ++context_.stats.messages_dropped;
            }
        }
        queued_bytes_ += item.bytes->size();
        queue_.push_back(std::move(item));
        if (queue_.size() == 1) write();
    }

    void write() {
        stream_.binary(queue_.front().binary);
        stream_.async_write(
            net::buffer(*queue_.front().bytes),
            [self = self()](ErrorCode error, std::size_t) { self->on_written(error); });
    }

    void on_written(ErrorCode error) {
        if (error) {
            if (!closing_) stream_.next_layer().shut(false);
            return;
        }
        queued_bytes_ -= queue_.front().bytes->size();
        queue_.pop_front();
        if (closing_) return;
        if (!queue_.empty()) write();
        if (reading_paused_ && !queue_is_full()) {
            reading_paused_ = false;
            read();
        }
    }

    void record_close() {
        const auto& received = stream_.reason();
        const int code = received.code == websocket::close_code::none ? kCodeNone : received.code;
        record_close(code, std::string(received.reason.data(), received.reason.size()));
    }

    void record_close(int code, std::string reason) {
        if (close_recorded_) return;
        close_recorded_ = true;
        context_.stats.add_close({utc_now(), code, std::move(reason), closing_ || cut_by_server_});
    }

    void arm_close_deadline() {
        deadline_.expires_after(kCloseWithin);
        deadline_.async_wait([weak = weak_from_this()](ErrorCode error) {
            const auto strong = weak.lock();
            if (error || !strong) return;
            auto& peer = static_cast<WebSocketPeer&>(*strong);
            if (!peer.stream_.next_layer().is_frozen()) peer.stream_.next_layer().shut(true);
        });
    }

    void end() {
        if (open_ && !close_recorded_) record_close(kCodeAbnormal, "no close frame in time");
        stream_.next_layer().shut(false);
        deadline_.cancel();
        leave();
    }

    void leave() {
        if (!open_) return;
        open_ = false;
        --context_.stats.websockets_now;
    }

    Context& context_;
    Api api_;
    WebSocketPlan plan_;
    ConnectionCount count_;
    const bool control_;
    websocket::stream<Wire> stream_;
    boost::beast::flat_buffer buffer_;
    std::deque<Item> queue_;  // the front is in flight
    std::size_t queued_bytes_ = 0;
    bool open_ = false;
    bool closing_ = false;  // the server has started a close
    bool cut_by_server_ = false;
    bool close_recorded_ = false;
    bool ping_pending_ = false;
    bool reading_paused_ = false;
    GateTimer deadline_;
};

}  // namespace

std::optional<ApiReply> plan_websocket(const Options& options, const ApiRequest& request,
                                       WebSocketPlan& plan) {
    const bool echo = !options.echo_path.empty() && request.path == options.echo_path;
    if (!echo && request.path != "/ws" && request.path != "/raw") {
        return error_reply(404, "path", "/ws, /raw or the echo path takes a WebSocket");
    }
    if (request.path == "/raw") plan.kind = WebSocketKind::raw;
    if (echo) {
        plan.kind = WebSocketKind::echo;
        return std::nullopt;
    }
    plan.rooms = request.query.all("room");
    if (plan.rooms.empty()) plan.rooms.emplace_back("lobby");
    plan.user = request.query.first("user").value_or("anonymous");
    if (plan.rooms.size() > kMaxRoomsPerSocketCount) {
        return error_reply(400, "room",
                           "at most " + std::to_string(kMaxRoomsPerSocketCount) + " rooms");
    }
    for (const auto& room : plan.rooms) {
        if (!is_name(room, kMaxRoomNameBytes)) {
            return error_reply(400, "room", "1 to 128 bytes of UTF-8 without control characters");
        }
    }
    if (!is_name(plan.user, kMaxSenderBytes)) {
        return error_reply(400, "user", "1 to 128 bytes of UTF-8 without control characters");
    }
    return std::nullopt;
}

void start_websocket(Context& context, Wire wire, WebSocketPlan plan,
                     http::request<http::string_body> request, ConnectionCount count,
                     bool control) {
    std::make_shared<WebSocketPeer>(context, std::move(wire), std::move(plan), std::move(count),
                                    control)
        ->start(request);
}

}  // namespace graceline::devserver
