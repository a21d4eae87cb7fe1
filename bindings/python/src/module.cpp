// graceline._core: what the package needs of the library, and nothing that an app should call.
// Must include nothing of the library but graceline.h and graceline.hpp (a test looks).
#include <pybind11/pybind11.h>

#include "client.hpp"
#include "errors.hpp"
#include "inbox.hpp"
#include "message.hpp"
#include "options.hpp"
#include "process.hpp"

namespace py = pybind11;
using namespace graceline_python;

PYBIND11_MODULE(_core, module) {
    if (graceline_abi_version() != GRACELINE_ABI_VERSION) {
        throw py::import_error(
            "the loaded libgraceline has another ABI version than graceline._core");
    }
    module.doc() = "The bridge to the library. Private: use the package `graceline`.";
    module.attr("ABI_VERSION") = GRACELINE_ABI_VERSION;
    module.attr("VERSION") = graceline_version_text();
    watch_forks();
    if (!add_message_type(module.ptr()) || !add_inbox_types(module.ptr())) {
        throw py::error_already_set();
    }
    bind_errors(module);
    bind_client(module);
    bind_requests(module);
    module.def(
        "now_ms", [] { return graceline_now_ms(); }, "Milliseconds on the library's clock.");
    module.def(
        "build_features", [] { return graceline_build_features(); },
        "Names, one a line, of what this build holds.");
    module.def(
        "reason_text",
        [](int reason) { return graceline_reason_text(static_cast<graceline_reason>(reason)); },
        py::arg("reason"), "One line for people about a reason.");
    module.def("option_names", &option_names, "The names that Client(options) knows.");
    module.def("default_options", &default_options, "The library's own defaults.");
    module.def("is_forked", &is_forked, "Whether this is a fork's child that cannot use it.");
    module.def(
        "shutdown",
        [] {
            if (!is_forked()) without_gil([] { graceline::shutdown(); });
        },
        "Closes every client of the process within 250 ms.");
    module.def("begin_exit", &begin_exit, "From now on no foreign thread enters the interpreter.");
}
