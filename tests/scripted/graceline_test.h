/*
 * graceline_test.h - the world behind the scripted build of the library: its network and its clock.
 * Must not be installed or shipped; only the test build `graceline_scripted` has this function.
 */
#ifndef GRACELINE_TEST_H
#define GRACELINE_TEST_H

#include "graceline/graceline.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Carries out one world command of tests/scenarios/README.md, given as a JSON object, and returns
 *  when the world is quiet again: no work is left, every hook has run, time stands still.
 *  On success returns GRACELINE_OK and `answer` is "". Else INVALID_ARGUMENT (no such command, or
 *  one that cannot be carried out now) or STATE (an expectation is not met), with the text for
 *  people in `answer`.
 *  Threads: any, one call at a time; not from a hook. Memory: writes at most `size` bytes with the
 *  NUL; answer may be NULL. Errors: INVALID_ARGUMENT, STATE. Since: 0.1 */
GRACELINE_API graceline_status graceline_test_world(const char* command, char* answer, size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* GRACELINE_TEST_H */
