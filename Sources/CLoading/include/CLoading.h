#ifndef CLOADING_H
#define CLOADING_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// A function of a library, and its place in a table of pointers to functions.
struct loaded_function {
    const char *name;
    size_t place;
};

/// Loads a library, which then stays loaded until the program ends, and looks its functions up.
///
/// Returns a table of `count` pointers, each at its function's place; NULL where the file or one of
/// the functions is not there; dlerror() says which. The table is the caller's to free().
const void *_Nullable library_load(
    const char *file, const struct loaded_function *functions, size_t count);

#pragma clang assume_nonnull end

#endif
