/*
 * The installed header, found where pkg-config says.
 * Must not hold anything of its own.
 */
#include <graceline/graceline.h>
