// The type by hand, for two allocations a message and no more; pybind11 would add a map look-up.
// Must validate nothing: text was checked by the library when it was read.
#include "message.hpp"

#include <structmember.h>

#include <cstddef>
#include <string>

namespace graceline_python {

namespace {

struct Message {
    PyObject_HEAD PyObject* data;
    PyObject* id;
    PyObject* conversation;
    PyObject* sender;
    PyObject* server_time;
    unsigned long long sequence;
    long long time_ms;
    unsigned int flags;
};

PyTypeObject* message_type = nullptr;

Message* cast(PyObject* self) {
    return reinterpret_cast<Message*>(self);
}

void dealloc(PyObject* self) {
    Message* const message = cast(self);
    Py_XDECREF(message->data);
    Py_XDECREF(message->id);
    Py_XDECREF(message->conversation);
    Py_XDECREF(message->sender);
    Py_XDECREF(message->server_time);
    PyTypeObject* const type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

bool is_text_or_none(PyObject* value, const char* name) {
    if (value == nullptr || value == Py_None || PyUnicode_Check(value) != 0) return true;
    PyErr_Format(PyExc_TypeError, "%s: must be str or None, not %.100s", name,
                 Py_TYPE(value)->tp_name);
    return false;
}

PyObject* field_or_null(PyObject* value) {
    return value == nullptr || value == Py_None ? nullptr : Py_NewRef(value);
}

PyObject* create(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"data",     "id",       "conversation", "sender", "server_time",
                                  "replayed", "sequence", "time_ms",      nullptr};
    PyObject* data = nullptr;
    PyObject* texts[4] = {};
    int replayed = 0;
    unsigned long long sequence = 0;
    long long time_ms = 0;
    if (PyArg_ParseTupleAndKeywords(arguments, keywords, "O|OOOOpKL:Message",
                                    const_cast<char**>(names), &data, &texts[0], &texts[1],
                                    &texts[2], &texts[3], &replayed, &sequence, &time_ms) == 0) {
        return nullptr;
    }
    const bool is_text = PyUnicode_Check(data) != 0;
    if (!is_text && PyBytes_Check(data) == 0) {
        PyErr_Format(PyExc_TypeError, "data: must be str or bytes, not %.100s",
                     Py_TYPE(data)->tp_name);
        return nullptr;
    }
    for (int i = 0; i < 4; ++i) {
        if (!is_text_or_none(texts[i], names[i + 1])) return nullptr;
    }
    auto* const self = PyObject_New(Message, type);
    if (self == nullptr) return nullptr;
    self->data = Py_NewRef(data);
    self->id = field_or_null(texts[0]);
    self->conversation = field_or_null(texts[1]);
    self->sender = field_or_null(texts[2]);
    self->server_time = field_or_null(texts[3]);
    self->sequence = sequence;
    self->time_ms = time_ms;
    self->flags = static_cast<unsigned int>(is_text ? GRACELINE_MESSAGE_FLAG_TEXT
                                                    : GRACELINE_MESSAGE_FLAG_BINARY);
    if (replayed != 0) self->flags |= static_cast<unsigned int>(GRACELINE_MESSAGE_FLAG_REPLAYED);
    return reinterpret_cast<PyObject*>(self);
}

PyObject* text(PyObject* self, void*) {
    if (PyUnicode_Check(cast(self)->data) != 0) return Py_NewRef(cast(self)->data);
    PyErr_SetString(PyExc_TypeError, "a binary message has no text; see Message.data");
    return nullptr;
}

PyObject* is_text(PyObject* self, void*) {
    return PyBool_FromLong(PyUnicode_Check(cast(self)->data));
}

PyObject* replayed(PyObject* self, void*) {
    return PyBool_FromLong((cast(self)->flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0U ? 1 : 0);
}

// Says nothing of what was written: a repr ends up in logs.
PyObject* repr(PyObject* self) {
    Message* const message = cast(self);
    const bool text = PyUnicode_Check(message->data) != 0;
    const Py_ssize_t size =
        text ? PyUnicode_GET_LENGTH(message->data) : PyBytes_GET_SIZE(message->data);
    PyObject* const id = message->id != nullptr ? message->id : Py_None;
    return PyUnicode_FromFormat(
        "<Message %s, %zd %s, id %R%s>", text ? "text" : "binary", size,
        text ? "characters" : "bytes", id,
        (message->flags & GRACELINE_MESSAGE_FLAG_REPLAYED) != 0U ? ", replayed" : "");
}

PyObject* values(PyObject* self) {
    Message* const message = cast(self);
    const auto or_none = [](PyObject* value) { return value != nullptr ? value : Py_None; };
    return Py_BuildValue("OOOOONKL", message->data, or_none(message->id),
                         or_none(message->conversation), or_none(message->sender),
                         or_none(message->server_time), replayed(self, nullptr), message->sequence,
                         message->time_ms);
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(other) != message_type) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    PyObject* const mine = values(self);
    PyObject* const theirs = values(other);
    PyObject* result = nullptr;
    if (mine != nullptr && theirs != nullptr) {
        result = PyObject_RichCompare(mine, theirs, operation);
    }
    Py_XDECREF(mine);
    Py_XDECREF(theirs);
    return result;
}

Py_hash_t hash(PyObject* self) {
    PyObject* const mine = values(self);
    if (mine == nullptr) return -1;
    const Py_hash_t result = PyObject_Hash(mine);
    Py_DECREF(mine);
    return result;
}

PyObject* reduce(PyObject* self, PyObject*) {
    PyObject* const arguments = values(self);
    if (arguments == nullptr) return nullptr;
    return Py_BuildValue("ON", Py_TYPE(self), arguments);
}

PyMemberDef members[] = {
    {"data", T_OBJECT, offsetof(Message, data), READONLY,
     "The payload: str of a text message, else bytes."},
    {"id", T_OBJECT, offsetof(Message, id), READONLY, "The server's id; None: it has none."},
    {"conversation", T_OBJECT, offsetof(Message, conversation), READONLY,
     "The conversation, or None."},
    {"sender", T_OBJECT, offsetof(Message, sender), READONLY, "The sender, or None."},
    {"server_time", T_OBJECT, offsetof(Message, server_time), READONLY,
     "The time as the server wrote it, or None."},
    {"sequence", T_ULONGLONG, offsetof(Message, sequence), READONLY,
     "1, 2, 3 ... in the order of this client's events; 0 in a page of history."},
    {"time_ms", T_LONGLONG, offsetof(Message, time_ms), READONLY,
     "When it came, in milliseconds on the clock of graceline.now_ms()."},
    {nullptr, 0, 0, 0, nullptr}};

PyGetSetDef getters[] = {
    {"text", &text, nullptr, "The payload of a text message; TypeError for a binary one.", nullptr},
    {"is_text", &is_text, nullptr, "Whether it is a text message.", nullptr},
    {"replayed", &replayed, nullptr, "Whether a catch-up delivered it, or a page; else it is live.",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef methods[] = {{"__reduce__", &reduce, METH_NOARGS, "How to make it again."},
                         {nullptr, nullptr, 0, nullptr}};

constexpr const char* kDocumentation =
    "Message(data, id=None, conversation=None, sender=None, server_time=None, replayed=False, "
    "sequence=0, time_ms=0)\n--\n\n"
    "One message: immutable, hashable, and it can be made by hand for an app's tests.";

PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&dealloc)},
                       {Py_tp_new, reinterpret_cast<void*>(&create)},
                       {Py_tp_repr, reinterpret_cast<void*>(&repr)},
                       {Py_tp_richcompare, reinterpret_cast<void*>(&compare)},
                       {Py_tp_hash, reinterpret_cast<void*>(&hash)},
                       {Py_tp_members, members},
                       {Py_tp_getset, getters},
                       {Py_tp_methods, methods},
                       {Py_tp_doc, const_cast<char*>(kDocumentation)},
                       {0, nullptr}};

PyType_Spec spec = {"graceline.Message", sizeof(Message), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, slots};

PyObject* text_or_null(const char* text) {
    return text == nullptr ? nullptr
                           : PyUnicode_DecodeUTF8(text, Py_ssize_t(strlen(text)), "replace");
}

bool fill_fields(Message* message, const graceline_message_fields& fields) {
    message->id = text_or_null(fields.id);
    message->conversation = text_or_null(fields.conversation);
    message->sender = text_or_null(fields.sender);
    message->server_time = text_or_null(fields.time);
    return PyErr_Occurred() == nullptr;
}

}  // namespace

bool add_message_type(PyObject* module) {
    message_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    if (message_type == nullptr) return false;
    PyObject* const match = Py_BuildValue("(s)", "data");
    if (match == nullptr) return false;
    // The type is immutable to Python; its own dictionary is filled before anybody sees it.
    const int set = PyDict_SetItemString(message_type->tp_dict, "__match_args__", match);
    Py_DECREF(match);
    if (set < 0) return false;
    PyType_Modified(message_type);
    return PyModule_AddObjectRef(module, "Message", reinterpret_cast<PyObject*>(message_type)) == 0;
}

PyObject* new_message(const graceline_event& event) {
    const auto* const bytes = reinterpret_cast<const char*>(event.data);
    const auto size = static_cast<Py_ssize_t>(event.size);
    PyObject* const data = (event.flags & GRACELINE_MESSAGE_FLAG_BINARY) != 0U
                               ? PyBytes_FromStringAndSize(bytes, size)
                               : PyUnicode_DecodeUTF8(bytes, size, "replace");
    if (data == nullptr) return nullptr;
    auto* const self = PyObject_New(Message, message_type);
    if (self == nullptr) {
        Py_DECREF(data);
        return nullptr;
    }
    self->data = data;
    self->id = nullptr;
    self->conversation = nullptr;
    self->sender = nullptr;
    self->server_time = nullptr;
    self->sequence = event.sequence;
    self->time_ms = event.time_ms;
    self->flags = event.flags;
    if (event.fields != nullptr && !fill_fields(self, *event.fields)) {
        Py_DECREF(self);
        return nullptr;
    }
    return reinterpret_cast<PyObject*>(self);
}

}  // namespace graceline_python
