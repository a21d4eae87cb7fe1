// The catch-up step by step with pages made by hand: what no simulated server would answer.
// Must not repeat what whole servers show (catch_up_test.cpp).
#include <string>

#include "tests/history/world.hpp"

using namespace graceline::history;
using namespace graceline::history::testing;

namespace {

/// A catch-up from message "4" of a source that refuses unknown ids.
class Steps {
  public:
    Steps() : source_(source_of({})), plan_(source_, Kind::messages) {
        positions.given("", "4");
        positions.set_hole(true);
    }

    CatchUp::Step begin() {
        catch_up_.emplace(source_, CatchUpLimits{}, known());
        return catch_up_->begin(known());
    }
    /// The page with these ids, separated by blanks.
    CatchUp::Step page(const std::string& ids) {
        std::string body = R"({"items":[{"id":")";
        for (const char c : ids)
            body += c == ' ' ? std::string(R"("},{"id":")") : std::string(1, c);
        const auto reading = reader_.read(plan_, body + "\"}]}");
        return catch_up_->page_came(std::get<std::shared_ptr<Page>>(reading), known());
    }
    std::string replayed(const CatchUp::Step& step) const {
        std::string ids;
        if (!step.replay) return ids;
        for (const auto& item : step.replay->items()) ids.append(item.fields.id).append(" ");
        return ids;
    }

    SeenIds seen{Scope::all};
    Positions positions{Scope::all};

  private:
    Known known() { return {seen, positions, 2}; }

    SourceOptions source_;
    PagePlan plan_;
    PageReader reader_;
    std::optional<CatchUp> catch_up_;
};

}  // namespace

TEST_CASE("catch-up step: pages in a circle -> it ends where one was before", "[history]") {
    Steps steps;
    CHECK(steps.begin().fetch->anchor_id == "4");
    CHECK(steps.page("5 6").fetch->anchor_id == "6");
    CHECK(steps.page("7 8").fetch->anchor_id == "8");
    const auto last = steps.page("5 6");
    REQUIRE(last.ended.has_value());
    CHECK(last.ended->reason == Reason::history_failed);
    CHECK(last.ended->messages == 4);
    CHECK(steps.positions.get("") == "8");
}

TEST_CASE("catch-up step: live messages in a page -> the position stays before the first",
          "[history]") {
    Steps steps;
    steps.begin();
    steps.seen.add("", "6", 2);
    steps.seen.add("", "8", 2);
    const auto last = steps.page("5 6 7 8 9");
    CHECK(steps.replayed(last) == "5 7 ");  // The 9 will come live.
    REQUIRE(last.ended.has_value());
    CHECK(last.ended->verdict == GapVerdict::recovered);
    CHECK(steps.positions.get("") == "5");
    CHECK_FALSE(steps.seen.epoch_of("", "9").has_value());
}

TEST_CASE("catch-up step: the first of a page is live -> the position does not move", "[history]") {
    Steps steps;
    steps.begin();
    steps.seen.add("", "5", 2);
    const auto last = steps.page("5 6");
    CHECK_FALSE(last.replay);
    CHECK(last.ended->verdict == GapVerdict::complete);
    CHECK(steps.positions.get("") == "4");
}

TEST_CASE("catch-up step: seen on an earlier connection -> passed over, and no end", "[history]") {
    Steps steps;
    steps.begin();
    steps.seen.add("", "6", 1);
    const auto step = steps.page("5 6 7");
    CHECK(steps.replayed(step) == "5 7 ");
    CHECK(step.fetch->anchor_id == "7");
    CHECK(steps.positions.get("") == "7");
}
