// The checker against histories with one planted fault each: what it does not find, a soak passes.
// Must plant every kind that Findings counts, and one history without any.
#include "tests/soak/checker.hpp"

#include "tests/support/catch.hpp"

using namespace graceline::tests;

namespace {

constexpr const char* kReadme =
    "    [*] --> idle\n    idle --> opening\n```\n"
    "    [*] --> disconnected\n    disconnected --> connecting\n    connecting --> connected\n"
    "    connected --> connecting\n    connected --> disconnected\n```\n    a --> b\n";

/// A client that is up and has seen three of five.
struct Story {
    Story() {
        status("connecting", 5);
        status("connected", 6);
        checker.gap_verdict("complete");
        for (std::uint64_t i = 0; i < 5; ++i) checker.published(i, 10 + static_cast<int>(i));
        for (std::uint64_t i = 0; i < 3; ++i) checker.message(i, false);
    }
    void status(const char* name, std::int64_t time_ms) { checker.status(name, time_ms); }
    void lost_and_back() {
        status("connecting", 50);
        status("connected", 60);
    }
    Findings end() {
        checker.ended();
        return checker.findings();
    }
    const StatusGraph graph{kReadme};
    Checker checker{graph};
};

}  // namespace

TEST_CASE("checker: a true history -> nothing is found", "[soak]") {
    Story story;
    story.lost_and_back();
    story.checker.message(3, true);
    story.checker.message(4, true);
    story.checker.gap_verdict("recovered");
    story.checker.published(5, 70);
    story.checker.message(5, false);
    story.checker.accepted(1);
    story.checker.fates(1, 2);
    story.checker.accepted(2);
    story.checker.returned();
    story.checker.return_verdict("skip");
    CHECK(story.end().sum() == 0);
    CHECK(story.checker.delivered() == 6);
    CHECK(story.checker.replayed() == 2);
}

TEST_CASE("checker: a gap that was told, caught up later -> nothing is found", "[soak]") {
    Story story;
    story.lost_and_back();
    story.checker.message(4, false);
    story.checker.gap_verdict("gap");
    story.lost_and_back();
    story.checker.message(3, true);
    story.checker.gap_verdict("recovered");
    CHECK(story.end().sum() == 0);
}

TEST_CASE("checker: one never came -> lost", "[soak]") {
    Story story;
    story.checker.message(3, false);
    CHECK(story.end().lost == 1);
}

TEST_CASE("checker: recovered although one is missing -> lost, and a wrong verdict", "[soak]") {
    Story story;
    story.lost_and_back();
    story.checker.message(4, true);
    story.checker.gap_verdict("recovered");
    CHECK(story.checker.findings().lost == 1);
    CHECK(story.checker.findings().wrong_verdicts == 1);
}

TEST_CASE("checker: one came again -> doubled, also behind a hole", "[soak]") {
    Story story;
    story.checker.message(1, false);
    story.lost_and_back();
    story.checker.message(4, false);
    story.checker.message(4, true);
    CHECK(story.checker.findings().doubled == 2);
}

TEST_CASE("checker: a jump that no gap explains, a step back -> reordered", "[soak]") {
    Story story;
    story.checker.message(4, false);
    CHECK(story.checker.findings().reordered == 1);
    Story other;
    other.lost_and_back();
    other.checker.message(4, false);
    other.checker.message(3, false);
    CHECK(other.checker.findings().reordered == 1);
    other.checker.sequence(1);
    other.checker.sequence(3);
    CHECK(other.checker.findings().reordered == 2);
}

TEST_CASE("checker: skip over an open gap, verdicts without cause or missing -> wrong", "[soak]") {
    Story story;
    story.lost_and_back();
    story.checker.returned();
    story.checker.return_verdict("skip");
    CHECK(story.checker.findings().wrong_verdicts == 1);
    story.checker.return_verdict("refresh");
    story.checker.gap_verdict("unknown");
    CHECK(story.checker.findings().wrong_verdicts == 3);
    Story other;
    other.checker.returned();
    CHECK(other.end().wrong_verdicts == 1);
}

TEST_CASE("checker: a status that the graph does not lead to -> a wrong path", "[soak]") {
    Story story;
    story.status("disconnected", 20);
    story.status("connected", 30);
    CHECK(story.checker.findings().wrong_paths == 1);
    CHECK(story.checker.findings().first == "disconnected -> connected");
}

TEST_CASE("checker: two fates, none, or one of nobody -> wrong fates", "[soak]") {
    Story story;
    story.checker.accepted(1);
    story.checker.fates(1, 1);
    story.checker.fates(1, 1);
    CHECK(story.end().wrong_fates == 1);
    story.checker.accepted(2);
    story.checker.accepted(3);
    CHECK(story.end().wrong_fates == 4);
}

TEST_CASE("checker: a message after the window had closed -> late", "[soak]") {
    Story story;
    story.checker.task_ended("returned");
    story.checker.message(3, false);
    CHECK(story.checker.findings().late == 0);
    story.checker.task_ended("expired");
    story.checker.message(4, false);
    CHECK(story.checker.findings().late == 1);
}

TEST_CASE("status graph: the drawing of statuses -> its arrows and no others", "[soak]") {
    const StatusGraph graph(kReadme);
    CHECK(graph.edges() == 4);
    CHECK(graph.may_follow("connected", "disconnected"));
    CHECK_FALSE(graph.may_follow("idle", "opening"));
    CHECK_FALSE(graph.may_follow("a", "b"));
    CHECK_THROWS(StatusGraph("no drawing"));
}
