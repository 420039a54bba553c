#include "CLibPQ.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION(name) { #name, offsetof(struct libpq_functions, name) }

static const struct {
    const char *name;
    size_t place;
} functions[] = {
    FUNCTION(PQclear),
    FUNCTION(PQconnectdbParams),
    FUNCTION(PQconnectionNeedsPassword),
    FUNCTION(PQconninfoFree),
    FUNCTION(PQconninfoParse),
    FUNCTION(PQerrorMessage),
    FUNCTION(PQexec),
    FUNCTION(PQexecParams),
    FUNCTION(PQfinish),
    FUNCTION(PQfname),
    FUNCTION(PQftype),
    FUNCTION(PQgetisnull),
    FUNCTION(PQgetlength),
    FUNCTION(PQgetvalue),
    FUNCTION(PQnfields),
    FUNCTION(PQntuples),
    FUNCTION(PQresultErrorField),
    FUNCTION(PQresultStatus),
    FUNCTION(PQsetNoticeProcessor),
    FUNCTION(PQstatus),
};

_Static_assert(
    sizeof functions / sizeof functions[0] == sizeof(struct libpq_functions) / sizeof(void *),
    "every function of the table should be looked up");

const struct libpq_functions *libpq_load(const char *file) {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) return NULL;
    struct libpq_functions *table = malloc(sizeof *table);
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
