// Catch-up of 10,000 messages from the dev server, against curl fetching the same pages and one
// parse of each.
// Must not judge: it prints a ratio and its target.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "graceline/graceline.h"
#include "tests/servers/devserver.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using graceline::tests::DevServer;

constexpr int kMessages = 10'000;
constexpr int kPage = 100;
constexpr int kRounds = 5;
constexpr double kTarget = 2.0;

double ms_since(Clock::time_point begun) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::vector<std::string> publish(const DevServer& server) {
    std::vector<std::string> ids;
    for (int i = 0; i <= kMessages; ++i) {
        ids.push_back(server.publish("a", "message number " + std::to_string(i) +
                                              " with a body of about a hundred bytes, as chats "
                                              "have them on a working day"));
    }
    return ids;
}

struct Run {
    double ms = 0;
    std::size_t messages = 0;
    std::uint64_t held_peak_bytes = 0;
};

/// From start() to the verdict, every message taken.
Run catch_up(const DevServer& server, const std::string& since, bool refuses_unknown_ids) {
    const auto base = "http://127.0.0.1:" + std::to_string(server.port());
    const auto messages = base + "/messages?conversation=a{&before,after,limit}";
    const auto url = server.url("/ws?room=a");
    graceline_history_options history;
    graceline_history_options_init(&history, sizeof history);
    history.messages_url = messages.c_str();
    history.json_items_pointer = "/items";
    history.json_complete_pointer = "/complete";
    history.refuses_unknown_ids = refuses_unknown_ids ? 1 : 0;
    graceline_options options;
    graceline_options_init(&options, sizeof options);
    options.url = url.c_str();
    options.json_id_pointer = "/id";
    options.history = &history;
    options.last_message_id = since.c_str();
    graceline_client* client = nullptr;
    if (graceline_client_create(&options, &client) != GRACELINE_OK) {
        std::cerr << graceline_last_error_text() << '\n';
        std::exit(1);
    }
    Run run;
    const auto begun = Clock::now();
    graceline_client_start(client);
    for (bool judged = false; !judged;) {
        graceline_batch* batch = nullptr;
        if (graceline_client_poll(client, 30'000, 0, &batch) != GRACELINE_OK || !batch) {
            std::cerr << "no verdict within 30 s\n";
            std::exit(1);
        }
        const auto* at = reinterpret_cast<const char*>(graceline_batch_events(batch));
        for (std::uint32_t i = 0; i < graceline_batch_count(batch); ++i) {
            const auto& event = *reinterpret_cast<const graceline_event*>(at);
            if (event.type == GRACELINE_EVENT_MESSAGE) ++run.messages;
            judged = judged || event.type == GRACELINE_EVENT_GAP_VERDICT;
            at += graceline_batch_stride_bytes();
        }
        graceline_batch_release(batch);
    }
    run.ms = ms_since(begun);
    graceline_statistics statistics{};
    statistics.struct_size = sizeof statistics;
    graceline_client_statistics(client, &statistics);
    run.held_peak_bytes = statistics.held_peak_bytes;
    graceline_client_release(client);
    return run;
}

/// curl fetches the same pages over one connection into one file, then each is parsed once.
double curl_and_parse(const DevServer& server, const std::vector<std::string>& ids,
                      const std::string& folder, double& out_parse_ms) {
    const auto base = "http://127.0.0.1:" + std::to_string(server.port());
    std::ofstream list(folder + "/urls");
    for (int i = 0; i < kMessages; i += kPage) {
        list << "url = \"" << base
             << "/messages?conversation=a&after=" << ids[static_cast<std::size_t>(i)]
             << "&limit=" << kPage << "\"\n"
             << "write-out = \"\\n\"\n"
             << (i + kPage < kMessages ? "next\nsilent\n" : "");
    }
    list.close();
    const auto command =
        "curl --silent --no-buffer -K '" + folder + "/urls' > '" + folder + "/pages'";
    const auto begun = Clock::now();
    if (std::system(command.c_str()) != 0) {
        std::cerr << "curl failed; scripts/setup bench installs it\n";
        std::exit(1);
    }
    const auto fetched = Clock::now();
    std::ifstream pages(folder + "/pages");
    std::size_t items = 0;
    for (std::string line; std::getline(pages, line);) {
        if (!line.empty()) items += nlohmann::json::parse(line)["items"].size();
    }
    out_parse_ms = ms_since(fetched);
    if (items != kMessages) {
        std::cerr << "curl brought " << items << " messages\n";
        std::exit(1);
    }
    return ms_since(begun);
}

}  // namespace

int main() {
    std::string folder = "/tmp/graceline-bench-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) return 1;
    DevServer server;
    const auto ids = publish(server);
    std::vector<double> ours;
    std::vector<double> proving;
    std::vector<double> theirs;
    std::vector<double> ratios;
    std::vector<double> ratios_proving;
    double parse_ms = 0;
    std::uint64_t held = 0;
    for (int round = 0; round < kRounds; ++round) {
        const auto curl = curl_and_parse(server, ids, folder, parse_ms);
        const auto trusting = catch_up(server, ids.front(), true);
        const auto proven = catch_up(server, ids.front(), false);
        if (trusting.messages != kMessages || proven.messages != kMessages) {
            std::cerr << "not every message came\n";
            return 1;
        }
        held = std::max(held, proven.held_peak_bytes);
        theirs.push_back(curl);
        ours.push_back(trusting.ms);
        proving.push_back(proven.ms);
        ratios.push_back(trusting.ms / curl);
        ratios_proving.push_back(proven.ms / curl);
    }
    const auto ratio = median(ratios);
    const auto ratio_proving = median(ratios_proving);
    std::printf("catch-up of %d messages in pages of %d, medians of %d rounds\n", kMessages, kPage,
                kRounds);
    std::printf("  curl and one parse of each page    %8.1f ms (parse %.1f)\n", median(theirs),
                parse_ms);
    std::printf("  graceline, server refuses unknown  %8.1f ms  %.2f of curl  (target %.1f: %s)\n",
                median(ours), ratio, kTarget, ratio <= kTarget ? "reached" : "NOT REACHED");
    std::printf("  graceline, proves every joint      %8.1f ms  %.2f of curl  (target %.1f: %s)\n",
                median(proving), ratio_proving, kTarget,
                ratio_proving <= kTarget ? "reached" : "NOT REACHED");
    std::printf("  live messages held at most         %8llu bytes\n",
                static_cast<unsigned long long>(held));
    std::remove((folder + "/urls").c_str());
    std::remove((folder + "/pages").c_str());
    std::remove(folder.c_str());
    return 0;
}
