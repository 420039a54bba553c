#include "COpenBLAS.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION(name) { #name, offsetof(struct openblas_functions, name) }

static const struct {
    const char *name;
    size_t place;
} functions[] = {
    FUNCTION(cblas_sgemm),
    FUNCTION(openblas_set_num_threads),
};

_Static_assert(
    sizeof functions / sizeof functions[0] == sizeof(struct openblas_functions) / sizeof(void *),
    "every function of the table should be looked up");

const struct openblas_functions *openblas_load(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) return NULL;
    struct openblas_functions *table = malloc(sizeof *table);
    if (table == NULL) abort();
    for (size_t number = 0; number < sizeof functions / sizeof functions[0]; number++) {
        void *function = dlsym(library, functions[number].name);
        if (function == NULL) {
            free(table);
            return NULL;
        }
        memcpy((char *)table + functions[number].place, &function, sizeof function);
    }
    return table;
}
