// The types by hand: `async for` then costs no future, no coroutine and no frame for a message that
// is there. Must take a message only when it is awaited, so that a cancelled wait loses nothing.
#include "inbox.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <new>
#include <utility>

#include "message.hpp"
#include "process.hpp"

namespace graceline_python {

namespace {

using Clock = std::chrono::steady_clock;

// An `async for` that never waits would starve the loop: after this long it goes through it once.
constexpr auto kSlice = std::chrono::milliseconds(5);
// How many messages are handed out between two looks at the clock.
constexpr unsigned kTicksPerLook = 16;

struct Held {
    graceline::Batch batch;
    const graceline_event* next;
    std::size_t events_left;
    std::size_t messages_left;
};

struct Next;

struct Inbox {
    PyObject_HEAD std::deque<Held>* held;
    std::size_t unread;
    Clock::time_point slice_began;
    unsigned ticks;
    PyObject* wait;  // wait(): a coroutine that ends with the next message
    Next* spare;     // one awaitable to use again
};

// What __anext__ gives when a message is there: it takes it when it is awaited.
struct Next {
    PyObject_HEAD Inbox* inbox;
    PyObject* inner;  // the coroutine, when somebody else was faster
};

// `for` of the blocking twin.
struct MessageIterator {
    PyObject_HEAD PyObject* inbox;
    PyObject* wait;  // wait(): the next message, or StopIteration
};

PyTypeObject* inbox_type = nullptr;
PyTypeObject* next_type = nullptr;
PyTypeObject* iterator_type = nullptr;

Inbox* inbox_of(PyObject* self) {
    return reinterpret_cast<Inbox*>(self);
}

// What a batch in a fork's child would lock may be held for ever.
void drop_front(Inbox* inbox) {
    if (is_forked()) {
        static_cast<void>(new (std::nothrow)
                              graceline::Batch(std::move(inbox->held->front().batch)));
    }
    inbox->held->pop_front();
}

// The next message as a new reference; NULL without an error: none is there.
PyObject* take(Inbox* inbox) {
    if (inbox->unread == 0) return nullptr;
    Held& front = inbox->held->front();
    while (front.next->type != GRACELINE_EVENT_MESSAGE) {
        front.next = graceline::detail::step(front.next, 1);
        --front.events_left;
    }
    PyObject* const message = new_message(*front.next);
    if (message == nullptr) return nullptr;
    front.next = graceline::detail::step(front.next, 1);
    --front.events_left;
    --inbox->unread;
    if (--front.messages_left == 0) drop_front(inbox);
    return message;
}

bool slice_is_over(Inbox* inbox) {
    if (++inbox->ticks < kTicksPerLook) return false;
    inbox->ticks = 0;
    return Clock::now() - inbox->slice_began > kSlice;
}

PyObject* inbox_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"wait", nullptr};
    PyObject* wait = Py_None;
    if (PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:Inbox", const_cast<char**>(names),
                                    &wait) == 0) {
        return nullptr;
    }
    auto* const self = inbox_of(type->tp_alloc(type, 0));
    if (self == nullptr) return nullptr;
    self->held = new (std::nothrow) std::deque<Held>;
    if (self->held == nullptr) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->slice_began = Clock::now();
    self->wait = Py_NewRef(wait);
    return reinterpret_cast<PyObject*>(self);
}

void inbox_dealloc(PyObject* object) {
    Inbox* const self = inbox_of(object);
    if (self->held != nullptr) {
        while (!self->held->empty()) drop_front(self);
    }
    delete self->held;
    Py_XDECREF(self->wait);
    Py_XDECREF(self->spare);
    PyTypeObject* const type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject* inbox_anext(PyObject* object) {
    Inbox* const self = inbox_of(object);
    if (self->unread == 0 || slice_is_over(self)) return PyObject_CallNoArgs(self->wait);
    Next* next = self->spare;
    if (next != nullptr && Py_REFCNT(next) == 1 && next->inner == nullptr) {
        if (next->inbox == nullptr) next->inbox = reinterpret_cast<Inbox*>(Py_NewRef(object));
        return Py_NewRef(next);
    }
    next = PyObject_New(Next, next_type);
    if (next == nullptr) return nullptr;
    next->inbox = reinterpret_cast<Inbox*>(Py_NewRef(object));
    next->inner = nullptr;
    Py_XSETREF(self->spare, reinterpret_cast<Next*>(Py_NewRef(next)));
    return reinterpret_cast<PyObject*>(next);
}

PyObject* inbox_take(PyObject* object, PyObject*) {
    PyObject* const message = take(inbox_of(object));
    if (message != nullptr || PyErr_Occurred() != nullptr) return message;
    Py_RETURN_NONE;
}

PyObject* inbox_take_batch(PyObject* object, PyObject* argument) {
    Inbox* const self = inbox_of(object);
    const Py_ssize_t wanted = PyLong_AsSsize_t(argument);
    if (wanted == -1 && PyErr_Occurred() != nullptr) return nullptr;
    if (wanted < 1) {
        PyErr_SetString(PyExc_ValueError, "max_count: must be at least 1");
        return nullptr;
    }
    const auto count = std::min(static_cast<std::size_t>(wanted), self->unread);
    PyObject* const list = PyList_New(static_cast<Py_ssize_t>(count));
    if (list == nullptr) return nullptr;
    for (std::size_t i = 0; i < count; ++i) {
        PyObject* const message = take(self);
        if (message == nullptr) {
            Py_DECREF(list);
            return nullptr;
        }
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), message);
    }
    return list;
}

PyObject* inbox_begin_slice(PyObject* object, PyObject*) {
    inbox_of(object)->slice_began = Clock::now();
    inbox_of(object)->ticks = 0;
    Py_RETURN_NONE;
}

Py_ssize_t inbox_length(PyObject* object) {
    return static_cast<Py_ssize_t>(inbox_of(object)->unread);
}

Next* next_of(PyObject* self) {
    return reinterpret_cast<Next*>(self);
}

void next_dealloc(PyObject* object) {
    Py_XDECREF(next_of(object)->inbox);
    Py_XDECREF(next_of(object)->inner);
    PyTypeObject* const type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

PySendResult next_send(PyObject* object, PyObject* sent, PyObject** result) {
    Next* const self = next_of(object);
    if (self->inner == nullptr) {
        if (self->inbox == nullptr) {
            PyErr_SetString(PyExc_RuntimeError, "this awaitable was awaited already");
            return PYGEN_ERROR;
        }
        // Kept while it is in use: the reference is dropped below, or with this object.
        Inbox* const inbox = self->inbox;
        PyObject* const message = take(inbox);
        if (message != nullptr) {
            self->inbox = nullptr;
            Py_DECREF(inbox);
            *result = message;
            return PYGEN_RETURN;
        }
        if (PyErr_Occurred() != nullptr) return PYGEN_ERROR;
        // Another consumer was faster: from here on the coroutine stands for this object, which
        // must not be the spare one then, or the two would keep each other alive.
        self->inner = PyObject_CallNoArgs(inbox->wait);
        if (self->inner == nullptr) return PYGEN_ERROR;
        if (inbox->spare == self) {
            inbox->spare = nullptr;
            Py_DECREF(self);
        }
    }
    return PyIter_Send(self->inner, sent, result);
}

PyObject* next_iternext(PyObject* object) {
    PyObject* result = nullptr;
    switch (next_send(object, Py_None, &result)) {
        case PYGEN_NEXT:
            return result;
        case PYGEN_RETURN:
            _PyGen_SetStopIterationValue(result);
            Py_DECREF(result);
            return nullptr;
        default:
            return nullptr;
    }
}

PyObject* next_send_method(PyObject* object, PyObject* sent) {
    PyObject* result = nullptr;
    const PySendResult kind = next_send(object, sent, &result);
    if (kind == PYGEN_NEXT) return result;
    if (kind == PYGEN_RETURN) {
        _PyGen_SetStopIterationValue(result);
        Py_DECREF(result);
    }
    return nullptr;
}

PyObject* next_throw(PyObject* object, PyObject* arguments) {
    Next* const self = next_of(object);
    if (self->inner != nullptr) {
        PyObject* const method = PyObject_GetAttrString(self->inner, "throw");
        if (method == nullptr) return nullptr;
        PyObject* const result = PyObject_CallObject(method, arguments);
        Py_DECREF(method);
        return result;
    }
    PyObject* error = nullptr;
    PyObject* value = nullptr;
    PyObject* trace = nullptr;
    if (PyArg_ParseTuple(arguments, "O|OO:throw", &error, &value, &trace) == 0) return nullptr;
    if (PyExceptionInstance_Check(error)) {
        PyErr_SetObject(PyExceptionInstance_Class(error), error);
    } else {
        PyErr_SetObject(error, value);
    }
    return nullptr;
}

PyObject* next_close(PyObject* object, PyObject*) {
    Next* const self = next_of(object);
    if (self->inner != nullptr) return PyObject_CallMethod(self->inner, "close", nullptr);
    Py_CLEAR(self->inbox);
    Py_RETURN_NONE;
}

PyObject* iterator_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
    static const char* names[] = {"inbox", "wait", nullptr};
    PyObject* inbox = nullptr;
    PyObject* wait = nullptr;
    if (PyArg_ParseTupleAndKeywords(arguments, keywords, "O!O:MessageIterator",
                                    const_cast<char**>(names), inbox_type, &inbox, &wait) == 0) {
        return nullptr;
    }
    auto* const self = reinterpret_cast<MessageIterator*>(type->tp_alloc(type, 0));
    if (self == nullptr) return nullptr;
    self->inbox = Py_NewRef(inbox);
    self->wait = Py_NewRef(wait);
    return reinterpret_cast<PyObject*>(self);
}

void iterator_dealloc(PyObject* object) {
    auto* const self = reinterpret_cast<MessageIterator*>(object);
    Py_XDECREF(self->inbox);
    Py_XDECREF(self->wait);
    PyTypeObject* const type = Py_TYPE(object);
    type->tp_free(object);
    Py_DECREF(type);
}

PyObject* iterator_next(PyObject* object) {
    auto* const self = reinterpret_cast<MessageIterator*>(object);
    PyObject* const message = take(inbox_of(self->inbox));
    if (message != nullptr || PyErr_Occurred() != nullptr) return message;
    return PyObject_CallNoArgs(self->wait);
}

PyMethodDef inbox_methods[] = {
    {"take", &inbox_take, METH_NOARGS,
     "take($self, /)\n--\n\nThe next message, or None when none is there."},
    {"take_batch", &inbox_take_batch, METH_O,
     "take_batch($self, max_count, /)\n--\n\nUp to max_count messages that are there."},
    {"begin_slice", &inbox_begin_slice, METH_NOARGS,
     "begin_slice($self, /)\n--\n\nSays that the loop has just run."},
    {nullptr, nullptr, 0, nullptr}};

PyMethodDef next_methods[] = {
    {"send", &next_send_method, METH_O, "send($self, value, /)\n--\n\nAs a coroutine's."},
    {"throw", &next_throw, METH_VARARGS, "As a coroutine's."},
    {"close", &next_close, METH_NOARGS, "close($self, /)\n--\n\nAs a coroutine's."},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot inbox_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&inbox_dealloc)},
                             {Py_tp_new, reinterpret_cast<void*>(&inbox_new)},
                             {Py_tp_methods, inbox_methods},
                             {Py_mp_length, reinterpret_cast<void*>(&inbox_length)},
                             {Py_am_aiter, reinterpret_cast<void*>(&PyObject_SelfIter)},
                             {Py_am_anext, reinterpret_cast<void*>(&inbox_anext)},
                             {Py_tp_doc, const_cast<char*>("Inbox(wait=None)\n--\n\n"
                                                           "Messages that nobody has taken yet.")},
                             {0, nullptr}};

PyType_Slot next_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(&next_dealloc)},
                            {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
                            {Py_tp_iternext, reinterpret_cast<void*>(&next_iternext)},
                            {Py_am_await, reinterpret_cast<void*>(&PyObject_SelfIter)},
                            {Py_am_send, reinterpret_cast<void*>(&next_send)},
                            {Py_tp_methods, next_methods},
                            {0, nullptr}};

PyType_Slot iterator_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(&iterator_dealloc)},
    {Py_tp_new, reinterpret_cast<void*>(&iterator_new)},
    {Py_tp_iter, reinterpret_cast<void*>(&PyObject_SelfIter)},
    {Py_tp_iternext, reinterpret_cast<void*>(&iterator_next)},
    {Py_tp_doc, const_cast<char*>("MessageIterator(inbox, wait)\n--\n\n"
                                  "Messages of an inbox, waiting by a call.")},
    {0, nullptr}};

PyType_Spec inbox_spec = {"graceline._core.Inbox", sizeof(Inbox), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, inbox_slots};
PyType_Spec next_spec = {
    "graceline._core.NextMessage", sizeof(Next), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, next_slots};
PyType_Spec iterator_spec = {"graceline._core.MessageIterator", sizeof(MessageIterator), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE, iterator_slots};

bool add_type(PyObject* module, const char* name, PyType_Spec& spec, PyTypeObject*& type) {
    type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
    return type != nullptr &&
           (name == nullptr ||
            PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(type)) == 0);
}

}  // namespace

bool add_inbox_types(PyObject* module) {
    return add_type(module, "Inbox", inbox_spec, inbox_type) &&
           add_type(module, nullptr, next_spec, next_type) &&
           add_type(module, "MessageIterator", iterator_spec, iterator_type);
}

bool is_inbox(PyObject* object) {
    return Py_TYPE(object) == inbox_type;
}

void push(PyObject* object, graceline::Batch batch, std::size_t messages) {
    if (messages == 0) return;
    Inbox* const inbox = inbox_of(object);
    const graceline_event* const first = &(*batch.begin()).c_event();
    const std::size_t events = batch.size();
    inbox->held->push_back({std::move(batch), first, events, messages});
    inbox->unread += messages;
}

}  // namespace graceline_python
