// The one place where a graceline::Error becomes a Python exception.
// Must work before the package has registered its classes: then it is a RuntimeError.
#include "errors.hpp"

namespace py = pybind11;

namespace graceline_python {

namespace {

// Kept for the life of the process: exceptions may be raised until the very end.
py::object& factory() {
    static auto* const object = new py::object(py::none());
    return *object;
}

void raise(const py::object& status, const char* text) {
    if (factory().is_none()) {
        PyErr_SetString(PyExc_RuntimeError, text);
        return;
    }
    try {
        const py::object error = factory()(status, text);
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr());
    } catch (py::error_already_set& failure) {
        failure.restore();
    }
}

}  // namespace

const char* Forked::what() const noexcept {
    return "this process was forked from one that had used Graceline, whose threads do not exist "
           "here; start processes with the \"spawn\" method, or make clients only after the fork";
}

void check(graceline_status status) {
    graceline::detail::check(status);
}

void bind_errors(py::module_& module) {
    module.def(
        "set_error_factory", [](py::object made) { factory() = std::move(made); },
        py::arg("factory"), "Sets what makes an exception of (status, text).");
    py::register_exception_translator([](std::exception_ptr pointer) {
        try {
            if (pointer) std::rethrow_exception(pointer);
        } catch (const graceline::Error& error) {
            raise(py::int_(static_cast<int>(error.status())), error.detail().c_str());
        } catch (const Forked& error) {
            raise(py::none(), error.what());
        }
    });
}

}  // namespace graceline_python
