// What a trainer in a sandbox has left in memory that it may still write to: one pass takes the
// base away, looks for what is not finite, and puts the difference where the trainer cannot reach.

#include "CKernels.h"
#include "strict.h"
#include "variants.h"

#define VECTOR_BYTES 32

// The tensors of a file begin where its header ends, at any byte.
typedef float f32_any __attribute__((aligned(1), may_alias));
typedef double f64_any __attribute__((aligned(1), may_alias));
typedef float f32x8_any __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias));
typedef double f64x4_any __attribute__((vector_size(VECTOR_BYTES), aligned(1), may_alias));
typedef float f32x8_line __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef double f64x4_line __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef int32_t i32x8 __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef int64_t i64x4 __attribute__((vector_size(VECTOR_BYTES), may_alias));

// Stores that pass the caches by are not in order with others, such as the one that lets another
// thread have the result.
static inline void finish_streaming(void) {
#if defined(__x86_64__)
    __builtin_ia32_sfence();
#endif
}

// The memory is volatile because another process may write to it: each element is read once, so
// that what was looked at is what is kept. A value minus itself is 0 unless it is infinite or NaN.
#define DIFFERENCE(NAME, SCALAR, ANY, VECTOR_ANY, VECTOR, MASK)                                   \
    BODY int NAME##_body(                                                                         \
        SCALAR *out, const volatile void *memory, const void *base, size_t count, int streams) {  \
        const size_t width = VECTOR_BYTES / sizeof(SCALAR);                                       \
        const volatile ANY *from = memory;                                                        \
        const ANY *minus = base;                                                                  \
        int scalars = 1;                                                                          \
        MASK vectors = (MASK){0} == 0;                                                            \
        size_t i = 0;                                                                             \
        if (streams) {                                                                            \
            for (; i < count && (uintptr_t)(out + i) % VECTOR_BYTES != 0; i++) {                  \
                SCALAR value = minus ? from[i] - minus[i] : from[i];                              \
                scalars &= value - value == 0;                                                    \
                out[i] = value;                                                                   \
            }                                                                                     \
        }                                                                                         \
        for (; i + width <= count; i += width) {                                                  \
            VECTOR value = (VECTOR)*(const volatile VECTOR_ANY *)(from + i);                      \
            if (minus) value = value - (VECTOR)*(const VECTOR_ANY *)(minus + i);                  \
            vectors &= (MASK)(value - value == 0);                                                \
            if (streams) __builtin_nontemporal_store(value, (VECTOR *)(out + i));                 \
            else *(VECTOR_ANY *)(out + i) = (VECTOR_ANY)value;                                    \
        }                                                                                         \
        for (; i < count; i++) {                                                                  \
            SCALAR value = minus ? from[i] - minus[i] : from[i];                                  \
            scalars &= value - value == 0;                                                        \
            out[i] = value;                                                                       \
        }                                                                                         \
        for (size_t lane = 0; lane < width; lane++) scalars &= vectors[lane] != 0;                \
        if (streams) finish_streaming();                                                          \
        return scalars;                                                                           \
    }                                                                                             \
    VARIANTS(                                                                                     \
        int, NAME,                                                                                \
        (SCALAR * out, const volatile void *memory, const void *base, size_t count, int streams), \
        (out, memory, base, count, streams))

DIFFERENCE(jl_difference_f32, float, f32_any, f32x8_any, f32x8_line, i32x8)
DIFFERENCE(jl_difference_f64, double, f64_any, f64x4_any, f64x4_line, i64x4)
