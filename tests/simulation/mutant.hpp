// Chooses the planted bug of this run, in a build that has them (GRACELINE_MUTANTS).
// Must do nothing in any other build.
#pragma once

#ifdef GRACELINE_MUTANTS
#include "tests/mutants/mutant.hpp"
#endif

namespace graceline::simulation {

/// False: this build has none.
inline bool choose_mutant([[maybe_unused]] unsigned id) {
#ifdef GRACELINE_MUTANTS
    mutants::active = id;
    return true;
#else
    return false;
#endif
}

}  // namespace graceline::simulation
