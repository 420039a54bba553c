#include "COpenBLAS.h"

#include "CLoading.h"

#include <stddef.h>

#define FUNCTION(name) { #name, offsetof(struct openblas_functions, name) }

static const struct loaded_function functions[] = {
    FUNCTION(cblas_sgemm),
    FUNCTION(openblas_set_num_threads),
};

_Static_assert(
    sizeof functions / sizeof functions[0] == sizeof(struct openblas_functions) / sizeof(void *),
    "every function of the table should be looked up");

const struct openblas_functions *openblas_load(const char *file) {
    return library_load(file, functions, sizeof functions / sizeof functions[0]);
}
