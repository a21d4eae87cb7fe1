// _core.Client, _core.MessagesRequest and _core.ConversationsRequest.
// Must not know asyncio: waiting is the package's.
#pragma once

#include <pybind11/pybind11.h>

namespace graceline_python {

void bind_client(pybind11::module_& module);
void bind_requests(pybind11::module_& module);

}  // namespace graceline_python
