"""The scripted library's own function, called on the library that graceline._core has loaded.

Must not load a second copy: the world of another one would be empty.
"""
import ctypes
import json

ANSWER_BYTES = 4096


class WorldError(AssertionError):
    """A command that the world refused, or an expectation that is not met."""


def _library():
    import graceline  # noqa: F401 (loads it)
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {line.split()[-1] for line in maps if "libgraceline.so" in line}
    if len(paths) != 1:
        raise WorldError(f"graceline._core does not load one libgraceline.so: {paths}")
    library = ctypes.CDLL(paths.pop())
    if not hasattr(library, "graceline_test_world"):
        raise WorldError("this libgraceline.so is not the scripted one")
    library.graceline_test_world.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t]
    library.graceline_test_world.restype = ctypes.c_int
    return library


LIBRARY = _library()


def world(command):
    """Carries out one command; the GIL is free meanwhile, so hooks can run."""
    answer = ctypes.create_string_buffer(ANSWER_BYTES)
    status = LIBRARY.graceline_test_world(json.dumps(command).encode(), answer, ANSWER_BYTES)
    if status != 0:
        raise WorldError(answer.value.decode())
