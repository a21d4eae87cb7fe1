// graceline.Message: one received message as a slim, immutable Python object.
// Must not keep a batch alive: what an app stores must not count as the library's queue.
#pragma once

#include <Python.h>

#include "graceline/graceline.h"

namespace graceline_python {

/// Adds the type to the module; false with a Python error set.
bool add_message_type(PyObject* module);

/// A new reference to the message of this event, or NULL with a Python error set.
PyObject* new_message(const graceline_event& event);

}  // namespace graceline_python
