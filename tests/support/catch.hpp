// One include for Catch2 v2 (Debian 12) and v3 alike.
// Must not add anything of its own: tests rely on plain Catch2 names.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
