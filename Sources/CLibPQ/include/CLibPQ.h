#ifndef CLIBPQ_H
#define CLIBPQ_H

#include <stdint.h>

// PostgreSQL's libpq, loaded while the program runs: it brings OpenSSL, Kerberos and LDAP with it,
// and few nodes have data on a PostgreSQL server. What stands here is as in libpq-fe.h of libpq 5,
// whose functions keep their names and types as long as its file is called libpq.so.5.

#pragma clang assume_nonnull begin

struct pg_conn;
struct pg_result;

/// PQconninfoOption.
struct libpq_option {
    char *_Nullable keyword;
    char *_Nullable envvar;
    char *_Nullable compiled;
    char *_Nullable val;
    char *_Nullable label;
    char *_Nullable dispchar;
    int dispsize;
};

/// Of ConnStatusType and ExecStatusType.
enum {
    LIBPQ_CONNECTION_OK = 0,
    LIBPQ_COMMAND_OK = 1,
    LIBPQ_TUPLES_OK = 2,
};

/// The functions of a libpq that has been loaded.
struct libpq_functions {
    void (*_Nonnull PQclear)(struct pg_result *);
    struct pg_conn *_Nullable (*_Nonnull PQconnectdbParams)(
        const char *_Nullable const *_Nullable keywords,
        const char *_Nullable const *_Nullable values, int expands_dbname);
    int (*_Nonnull PQconnectionNeedsPassword)(const struct pg_conn *);
    void (*_Nonnull PQconninfoFree)(struct libpq_option *);
    struct libpq_option *_Nullable (*_Nonnull PQconninfoParse)(
        const char *text, char *_Nullable *_Nullable problem);
    char *_Nullable (*_Nonnull PQerrorMessage)(const struct pg_conn *);
    struct pg_result *_Nullable (*_Nonnull PQexec)(struct pg_conn *, const char *statements);
    struct pg_result *_Nullable (*_Nonnull PQexecParams)(
        struct pg_conn *, const char *statement, int parameter_count,
        const uint32_t *_Nullable types, const char *_Nullable const *_Nullable values,
        const int *_Nullable lengths, const int *_Nullable formats, int result_format);
    void (*_Nonnull PQfinish)(struct pg_conn *);
    char *_Nullable (*_Nonnull PQfname)(const struct pg_result *, int column);
    uint32_t (*_Nonnull PQftype)(const struct pg_result *, int column);
    int (*_Nonnull PQgetisnull)(const struct pg_result *, int row, int column);
    int (*_Nonnull PQgetlength)(const struct pg_result *, int row, int column);
    char *_Nullable (*_Nonnull PQgetvalue)(const struct pg_result *, int row, int column);
    int (*_Nonnull PQnfields)(const struct pg_result *);
    int (*_Nonnull PQntuples)(const struct pg_result *);
    char *_Nullable (*_Nonnull PQresultErrorField)(const struct pg_result *, int field);
    int (*_Nonnull PQresultStatus)(const struct pg_result *);
    void (*_Nullable (*_Nonnull PQsetNoticeProcessor)(
        struct pg_conn *, void (*_Nullable)(void *_Nullable, const char *), void *_Nullable))(
        void *_Nullable, const char *);
    int (*_Nonnull PQstatus)(const struct pg_conn *);
};

/// Loads libpq, which then stays loaded until the program ends: OpenSSL does not like to go.
///
/// Returns NULL where the file or one of the functions is not there; dlerror() says which. The
/// table is the caller's to free().
const struct libpq_functions *_Nullable libpq_load(const char *file);

#pragma clang assume_nonnull end

#endif
