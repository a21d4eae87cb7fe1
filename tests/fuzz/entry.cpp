// What libFuzzer calls: one program a target, chosen by the build.
// Must not do more than pass the bytes on.
#include "tests/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    graceline::fuzz::GRACELINE_FUZZ_TARGET(data, size);
    return 0;
}
