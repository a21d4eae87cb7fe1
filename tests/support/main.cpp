// The one main() of all Catch2 test programs, compiled once because v2's runner is slow to compile.
// Must not configure anything: a test program behaves the same alone and under ctest.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "tests/support/catch.hpp"
