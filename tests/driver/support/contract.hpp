// What every transport must do, as cases that any of them can be run through.
// Must not use a test framework: a known limit has to be able to fail without failing the run.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/driver/support/harness.hpp"
#include "tests/driver/support/peer.hpp"

namespace graceline::tests {

struct CaseFailed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Ends the case with this text when `holds` is false.
void expect(bool holds, const std::string& text);

template <typename Left, typename Right>
void expect_equal(const Left& left, const Right& right, const std::string& what) {
    if (left == right) return;
    if constexpr (requires {
                      std::to_string(left);
                      std::to_string(right);
                  }) {
        expect(false, what + ": " + std::to_string(left) + " is not " + std::to_string(right));
    } else {
        expect(false, what + " differs");
    }
}

struct ContractCase {
    std::string name;
    void (*run)(const TransportKind& kind);
};

std::vector<ContractCase> opening_cases();
std::vector<ContractCase> talking_cases();
std::vector<ContractCase> ending_cases();

/// An open connection between a transport and a scripted server.
struct Talk {
    explicit Talk(const TransportKind& kind);
    Talk(const TransportKind& kind, void (*change)(driver::TransportSettings& settings));
    /// `prepare` runs before open().
    Talk(const TransportKind& kind, void (*change)(driver::TransportSettings& settings),
         const std::function<void(Harness&)>& prepare);

    Recorder& recorder() { return harness.recorder(); }
    Record record() { return harness.recorder().record(); }

    Listener listener;
    Harness harness;
    Peer peer;
};

/// Waits for the end and checks its reason.
driver::TransportFailure expect_ended(Recorder& recorder, engine::Reason reason);

}  // namespace graceline::tests
