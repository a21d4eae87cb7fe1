// Received messages that nobody has taken yet: batches of the library, made into objects on demand.
// Must not copy ahead: held batches count as the library's queue, which is what bounds memory.
#pragma once

#include <Python.h>

#include "graceline/graceline.hpp"

namespace graceline_python {

/// Adds the types Inbox and MessageIterator; false with a Python error set.
bool add_inbox_types(PyObject* module);

/// Whether this is an Inbox.
bool is_inbox(PyObject* object);

/// Puts the messages of a batch at the end; a batch without any is given back at once.
/// GIL held; throws std::bad_alloc.
void push(PyObject* inbox, graceline::Batch batch, std::size_t messages);

}  // namespace graceline_python
