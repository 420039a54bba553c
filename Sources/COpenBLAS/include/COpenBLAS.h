#ifndef COPENBLAS_H
#define COPENBLAS_H

// OpenBLAS, loaded while the program runs: it starts a thread for each core as soon as it is there,
// and only those who train networks need it. What stands here is as in its cblas.h.

#pragma clang assume_nonnull begin

/// Of CBLAS_ORDER and CBLAS_TRANSPOSE.
enum {
    OPENBLAS_ROW_MAJOR = 101,
    OPENBLAS_AS_IT_STANDS = 111,
    OPENBLAS_TRANSPOSED = 112,
};

/// The functions of an OpenBLAS that has been loaded.
struct openblas_functions {
    void (*_Nonnull cblas_sgemm)(
        int order, int transposition_of_a, int transposition_of_b, int m, int n, int k,
        float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c,
        int ldc);
    void (*_Nonnull openblas_set_num_threads)(int count);
};

/// Loads OpenBLAS, which then stays loaded until the program ends.
///
/// Returns NULL where the file or one of the functions is not there; dlerror() says which. The
/// table is the caller's to free().
const struct openblas_functions *_Nullable openblas_load(const char *file);

#pragma clang assume_nonnull end

#endif
