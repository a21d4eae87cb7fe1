// When this process may run Python and the library: the GIL, the interpreter's end, a fork.
// Must not let a thread touch the interpreter once its end has begun, nor the library in a fork's
// child.
#pragma once

#include <Python.h>

#include <exception>

namespace graceline_python {

/// Registers what tells a fork apart. Once, at import.
void watch_forks();
/// Counts a client: a process that forks while or after one existed has no threads for it.
void note_library_used() noexcept;
/// True in the child of a fork of a process that had used the library.
bool is_forked() noexcept;
/// Raises ForkedError when is_forked().
void check_fork();

/// The interpreter ends: from now on no foreign thread enters it. Waits, bounded and without the
/// GIL, for those that are inside.
void begin_exit();
bool is_exiting() noexcept;

/// Takes the GIL back after PyEval_SaveThread(). A daemon thread that comes here when the
/// interpreter ends never returns: Python would unwind it through C++ that must not be unwound.
void retake_gil(PyThreadState* state);

/// Runs `work` without the GIL.
template <class Work>
void without_gil(Work&& work) {
    PyThreadState* const state = PyEval_SaveThread();
    std::exception_ptr error;
    try {
        work();
    } catch (...) {
        error = std::current_exception();
    }
    retake_gil(state);
    if (error) std::rethrow_exception(error);
}

/// A foreign thread's visit to Python: to be asked whether it may.
class Visit {
  public:
    Visit() noexcept;
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    explicit operator bool() const noexcept { return allowed_; }

  private:
    bool allowed_ = false;
    PyGILState_STATE state_{};
};

}  // namespace graceline_python
