// The exception wall and the detail text of the last error: every exported function stands on it.
// Must not let anything but a status through.
#pragma once

#include <new>
#include <stdexcept>
#include <string>

#include "graceline/graceline.h"

namespace graceline::capi {

/// Thrown by checks of arguments; the text names the field and the rule.
class ApiError : public std::runtime_error {
  public:
    ApiError(graceline_status status, const std::string& text)
        : std::runtime_error(text), status_(status) {}
    graceline_status status() const { return status_; }

  private:
    graceline_status status_;
};

[[noreturn]] inline void invalid(const std::string& field, const std::string& rule) {
    throw ApiError(GRACELINE_E_INVALID_ARGUMENT, field + ": " + rule);
}

/// Never throws; keeps what fits when there is no memory for the text.
void set_last_error(const char* text) noexcept;

template <class Body>
graceline_status guard(Body&& body) noexcept {
    try {
        return body();
    } catch (const ApiError& error) {
        set_last_error(error.what());
        return error.status();
    } catch (const std::bad_alloc&) {
        set_last_error("out of memory");
        return GRACELINE_E_NO_MEMORY;
    } catch (const std::exception& error) {
        set_last_error(error.what());
        return GRACELINE_E_INTERNAL;
    } catch (...) {
        set_last_error("an unknown error inside the library");
        return GRACELINE_E_INTERNAL;
    }
}

}  // namespace graceline::capi
