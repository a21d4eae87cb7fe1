// C++ exceptions as Python's: the package registers its classes, and this raises them.
// Must not decide which class fits a status: the generated table of the package does.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>

#include "graceline/graceline.hpp"

namespace graceline_python {

/// A call in the child of a fork.
class Forked : public std::exception {
  public:
    const char* what() const noexcept override;
};

/// The status of `call` and the library's text, as graceline.hpp throws it.
void check(graceline_status status);

/// Registers the translators and `set_error_factory(factory)`: factory(status, text) gives the
/// exception to raise; the status of a fork's child is None.
void bind_errors(pybind11::module_& module);

}  // namespace graceline_python
