// Which planted bug is awake in this run: one at most, chosen by number.
// Must be included by mutated copies of the sources only; the product has no such thing.
#pragma once

namespace graceline::mutants {

/// 0: none, and the copy behaves as the original.
inline unsigned active = 0;

}  // namespace graceline::mutants

// A macro, so that an entry of the catalogue is a few words within an expression.
#define MUTANT(number) (graceline::mutants::active == (number))
