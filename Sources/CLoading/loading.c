#include "CLoading.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

const void *library_load(
    const char *file, const struct loaded_function *functions, size_t count) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) return NULL;
    char *table = malloc(count * sizeof(void *));
    if (table == NULL) abort();
    for (size_t number = 0; number < count; number++) {
        void *function = dlsym(library, functions[number].name);
        if (function == NULL) {
            free(table);
            return NULL;
        }
        memcpy(table + functions[number].place, &function, sizeof function);
    }
    return table;
}
