// Publishes messages on the dev server at a steady pace, as other people of a chat would.
// Must not know the client: it sees the server only.
#include "tools/demo/publisher.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "tools/demo/http_call.hpp"

namespace graceline::demo {

namespace {

constexpr int kMaxPages = 50;
constexpr std::array kSenders{"Ada", "Bob", "Cleo"};
constexpr std::array kBodies{"are you there?",     "on my way",        "look at this",
                             "two minutes",        "did you see it?",  "lunch at one",
                             "I am at the corner", "bring the papers", "the train is late",
                             "see you there"};

}  // namespace

Publisher::Publisher(std::uint16_t control_port, std::chrono::milliseconds every,
                     std::function<Ms()> clock)
    : control_port_(control_port),
      every_(every),
      clock_(std::move(clock)),
      thread_([this] { run(); }) {}

void Publisher::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

std::vector<Publication> Publisher::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, {});
}

int Publisher::failed_count() const {
    const std::lock_guard lock(mutex_);
    return failed_count_;
}

void Publisher::run() {
    auto next = std::chrono::steady_clock::now() + every_;
    for (std::size_t number = 0;; ++number) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_until(lock, next, [this] { return stopping_; })) return;
        }
        publish(number);
        next += every_;
    }
}

void Publisher::publish(std::size_t number) {
    const nlohmann::json message = {{"conversation", "demo"},
                                    {"sender", kSenders[number % kSenders.size()]},
                                    {"body", kBodies[number % kBodies.size()]}};
    Publication publication;
    publication.begin = clock_();
    const HttpAnswer answer = http_call(control_port_, "POST", "/messages", message.dump());
    publication.end = clock_();
    const auto json = nlohmann::json::parse(answer.body, nullptr, false);
    const bool taken =
        answer.status == 201 && json.is_object() && json.contains("id") && json["id"].is_string();
    const std::lock_guard lock(mutex_);
    if (!taken) {
        ++failed_count_;
        return;
    }
    publication.id = json["id"].get<std::string>();
    done_.push_back(std::move(publication));
}

std::vector<std::string> fetch_ids(std::uint16_t control_port) {
    std::vector<std::string> ids;
    std::string before;
    for (int page = 0; page < kMaxPages; ++page) {
        const HttpAnswer answer =
            http_call(control_port, "GET", "/messages?conversation=demo&limit=100" + before);
        const auto json = nlohmann::json::parse(answer.body, nullptr, false);
        if (answer.status != 200 || !json.is_object() || !json["items"].is_array()) {
            throw std::runtime_error("the history could not be fetched");
        }
        for (const auto& item : json["items"]) ids.push_back(item.at("id").get<std::string>());
        if (!json.contains("previous") || !json["previous"].is_string()) return ids;
        before = "&before=" + json["previous"].get<std::string>();
    }
    return ids;
}

std::string body_of(std::string_view payload) {
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    const bool is_ours = json.is_object() && json.contains("body") && json["body"].is_string();
    return is_ours ? json["body"].get<std::string>() : std::string(payload);
}

void set_fault(std::uint16_t control_port, const std::string& json) {
    const HttpAnswer answer = http_call(control_port, "POST", "/faults", json);
    if (answer.status != 200) throw std::runtime_error("a fault switch was refused: " + json);
}

}  // namespace graceline::demo
