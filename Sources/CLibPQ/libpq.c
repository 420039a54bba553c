#include "CLibPQ.h"

#include "CLoading.h"

#include <stddef.h>

#define FUNCTION(name) { #name, offsetof(struct libpq_functions, name) }

static const struct loaded_function functions[] = {
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
    return library_load(file, functions, sizeof functions / sizeof functions[0]);
}
