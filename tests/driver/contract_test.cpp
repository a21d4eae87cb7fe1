// Runs every transport through every case and holds the list of known limits to its word.
// Must not know what a case is about.
#include "tests/driver/support/contract.hpp"
#include "tests/support/catch.hpp"

namespace graceline::tests {
namespace {

std::string run_case(const ContractCase& contract_case, const TransportKind& kind) {
    try {
        contract_case.run(kind);
        return {};
    } catch (const std::exception& failure) {
        return failure.what();
    }
}

void run_all(const std::vector<ContractCase>& cases) {
    for (const TransportKind& kind : transport_kinds()) {
        for (const ContractCase& contract_case : cases) {
            DYNAMIC_SECTION(kind.name << ": " << contract_case.name) {
                const std::string failure = run_case(contract_case, kind);
                const KnownLimit* const limit = find_known_limit(kind.name, contract_case.name);
                if (limit == nullptr) {
                    INFO(failure);
                    CHECK(failure.empty());
                } else {
                    INFO("known limit: " << limit->reason << " -- it passes: delete the entry");
                    CHECK_FALSE(failure.empty());
                }
            }
        }
    }
}

bool is_case(std::string_view name) {
    for (const auto& cases : {opening_cases(), talking_cases(), ending_cases()}) {
        for (const ContractCase& contract_case : cases) {
            if (contract_case.name == name) return true;
        }
    }
    return false;
}

}  // namespace

TEST_CASE("transport: opening cases -> as promised", "[driver]") {
    run_all(opening_cases());
}

TEST_CASE("transport: talking cases -> as promised", "[driver]") {
    run_all(talking_cases());
}

TEST_CASE("transport: ending cases -> as promised", "[driver]") {
    run_all(ending_cases());
}

TEST_CASE("transport: list of known limits -> names only cases that exist", "[driver]") {
    for (const KnownLimit& limit : known_limits()) {
        INFO(limit.case_name);
        CHECK(is_case(limit.case_name));
        CHECK_FALSE(limit.reason.empty());
    }
}

}  // namespace graceline::tests
