// graceline_test_world(): one JSON object, one command, carried out until the world is quiet.
// Must refuse what it does not know, so that a scenario with a slip of the pen fails.
#include <cstdio>
#include <exception>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/client/dispatcher.hpp"
#include "core/session/json_pointer.hpp"
#include "tests/scripted/graceline_test.h"
#include "tests/scripted/link.hpp"
#include "tests/scripted/server.hpp"
#include "tests/scripted/world.hpp"

namespace graceline::scripted {
namespace {

using nlohmann::json;

/// A year: more is a slip, and the clock's nanoseconds would run over.
constexpr std::int64_t kLongestMs = std::int64_t{365} * 86'400'000;
constexpr std::int64_t kMsASecond = 1'000;

/// The command is wrong, or cannot be carried out now.
struct BadCommand : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// What was expected is not so.
struct NotMet : std::runtime_error {
    using std::runtime_error::runtime_error;
};

engine::Duration duration_of(const json& value) {
    const auto ms = value.get<std::int64_t>();
    if (ms < 0 || ms > kLongestMs) throw BadCommand("a time must be from 0 ms to a year");
    return engine::milliseconds(ms);
}

std::uint16_t code_of(const json& value) {
    const auto code = value.get<std::int64_t>();
    if (code < 0 || code > 4999) throw BadCommand("no such code: " + value.dump());
    return static_cast<std::uint16_t>(code);
}

std::vector<std::string> texts_of(const json& value) {
    return value.get<std::vector<std::string>>();
}

engine::Reason reason_of(const json& value) {
    const auto name = value.get<std::string>();
#define X(each, text) \
    if (name == #each) return engine::Reason::each;
    GRACELINE_REASONS(X)
#undef X
    throw BadCommand("no such reason: " + name);
}

void check_quiet(const std::string& error) {
    if (!error.empty()) throw BadCommand(error);
}

void true_only(const json& value) {
    if (value != json(true)) throw BadCommand("the value must be true");
}

void on_connection(const std::function<void(Link&)>& what) {
    auto& world = World::instance();
    check_quiet(world.settle());
    bool is_open = false;
    world.run([&] {
        if (const auto link = Link::current()) {
            is_open = true;
            what(*link);
        }
    });
    if (!is_open) throw BadCommand("no connection is open");
    check_quiet(world.settle());
}

// The commands.

void reset(const json& value, const json&) {
    true_only(value);
    auto& world = World::instance();
    world.begin_anew();
    world.run([] { Link::cut_all(); });
    check_quiet(world.settle());
    Server::instance().reset();
}

void advance_ms(const json& value, const json&) {
    check_quiet(World::instance().advance(duration_of(value)));
}

void freeze_ms(const json& value, const json& command) {
    std::function<void()> meanwhile;
    if (command.contains("server_sends")) {
        meanwhile = [texts = texts_of(command["server_sends"])] {
            if (const auto link = Link::current()) link->server_sends(texts);
        };
    }
    const bool io_waits = command.value("io_waits", false);
    check_quiet(World::instance().freeze(duration_of(value), std::move(meanwhile), io_waits));
}

void sleep_ms(const json& value, const json&) {
    check_quiet(World::instance().sleep(duration_of(value)));
}

void server(const json& value, const json&) {
    auto rule = Server::instance().behaviour();
    for (const auto& [name, to] : value.items()) {
        if (name == "accepts") {
            rule.accepts = to.get<bool>();
        } else if (name == "http_status") {
            rule.http_status = code_of(to);
        } else if (name == "retry_after_ms") {
            const auto ms = std::chrono::duration_cast<engine::milliseconds>(duration_of(to));
            if (ms.count() % kMsASecond != 0) {
                throw BadCommand("retry_after_ms: Retry-After has whole seconds only");
            }
            rule.retry_after_seconds = static_cast<std::uint32_t>(ms.count() / kMsASecond);
            if (ms.count() == 0) rule.retry_after_seconds.reset();
        } else if (name == "fails") {
            rule.fails = reason_of(to);
        } else if (name == "answers") {
            rule.answers = to.get<bool>();
        } else if (name == "pongs") {
            rule.pongs = to.get<bool>();
        } else if (name == "closes") {
            rule.closes = to.get<bool>();
        } else if (name == "acknowledges") {
            rule.acknowledges.reset();
            if (!to.is_null()) rule.acknowledges = to.get<std::string>();
            if (const auto wrong = session::pointer_error(rule.acknowledges.value_or(""))) {
                throw BadCommand("acknowledges: " + *wrong);
            }
        } else {
            throw BadCommand("a server has no \"" + name + "\"");
        }
    }
    Server::instance().behave(rule);
}

void server_sends(const json& value, const json&) {
    on_connection([texts = texts_of(value)](Link& link) { link.server_sends(texts); });
}

void server_closes(const json& value, const json&) {
    on_connection([code = code_of(value)](Link& link) { link.server_closes(code); });
}

void cut(const json& value, const json&) {
    true_only(value);
    on_connection([](Link& link) { link.cut(); });
}

void black_hole(const json& value, const json&) {
    true_only(value);
    on_connection([](Link& link) { link.black_hole(); });
}

void expect(const json& value, const json&) {
    check_quiet(World::instance().settle());
    const auto records = Server::instance().records();
    const json all{{"connections_open", records.connections_open},
                   {"attempts", records.attempts},
                   {"received", records.received},
                   {"pings", records.pings},
                   {"closed_with", records.closed_with},
                   {"token", records.token}};
    std::string wrong;
    for (const auto& [name, expected] : value.items()) {
        if (!all.contains(name)) throw BadCommand("nobody can say \"" + name + "\" of the server");
        if (all[name] == expected) continue;
        wrong += (wrong.empty() ? "" : "; ") + name + ": expected " + expected.dump() + ", got " +
                 all[name].dump();
    }
    if (value.contains("received")) Server::instance().take_received();
    if (!wrong.empty()) throw NotMet(wrong);
}

using Command = void (*)(const json& value, const json& command);

const std::map<std::string, Command>& commands() {
    static const auto& all = *new std::map<std::string, Command>{
        {"reset", &reset},
        {"advance_ms", &advance_ms},
        {"freeze_ms", &freeze_ms},
        {"sleep_ms", &sleep_ms},
        {"server", &server},
        {"server_sends", &server_sends},
        {"server_closes", &server_closes},
        {"cut", &cut},
        {"black_hole", &black_hole},
        {"expect", &expect},
    };
    return all;
}

/// Only a freeze has more than its own member.
bool goes_with(const std::string& command, const std::string& member) {
    return command == "freeze_ms" && (member == "server_sends" || member == "io_waits");
}

void carry_out(const char* text) {
    if (text == nullptr) throw BadCommand("no command");
    const auto command = json::parse(text, nullptr, false);
    if (!command.is_object() || command.empty()) {
        throw BadCommand("a command is a JSON object with one member");
    }
    const std::string name = command.contains("freeze_ms") ? "freeze_ms" : command.begin().key();
    const auto found = commands().find(name);
    if (found == commands().end()) throw BadCommand("the world has no command \"" + name + "\"");
    for (const auto& [member, value] : command.items()) {
        if (member != name && !goes_with(name, member)) {
            throw BadCommand("\"" + member + "\" does not go with \"" + name + "\"");
        }
    }
    World::instance().thaw();
    found->second(command[name], command);
}

void write(const std::string& text, char* answer, std::size_t size) {
    if (answer != nullptr && size != 0) std::snprintf(answer, size, "%s", text.c_str());
}

}  // namespace
}  // namespace graceline::scripted

graceline_status graceline_test_world(const char* command, char* answer, size_t size) {
    using namespace graceline;
    static auto& one_at_a_time = *new std::mutex;
    if (scripted::World::instance().on_io_thread() || client::Dispatcher::on_dispatcher_thread()) {
        scripted::write("not from a hook", answer, size);
        return GRACELINE_E_STATE;
    }
    const std::lock_guard lock(one_at_a_time);
    try {
        scripted::carry_out(command);
        scripted::write("", answer, size);
        return GRACELINE_OK;
    } catch (const scripted::NotMet& error) {
        scripted::write(error.what(), answer, size);
        return GRACELINE_E_STATE;
    } catch (const std::exception& error) {
        scripted::write(error.what(), answer, size);
        return GRACELINE_E_INVALID_ARGUMENT;
    }
}
