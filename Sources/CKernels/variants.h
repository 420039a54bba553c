// One body, compiled for each width of vectors that the machine may have and chosen when it runs.
//
// The bodies do the same operations in the same order for each element or lane, and none of them
// is a fused multiply-add (strict.h), so all variants give the same bits.

#ifndef VARIANTS_H
#define VARIANTS_H

#define BODY static inline __attribute__((always_inline))

#if defined(__x86_64__)

// Set by the tests, which compare the variants: 0 for plain, 1 for AVX2, 2 for AVX-512.
extern int jl_variant_max;

static inline int jl_variant(void) {
    int variant = 0;
    if (__builtin_cpu_supports("avx2")) variant = 1;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        variant = 2;
    }
    return variant < jl_variant_max ? variant : jl_variant_max;
}

// Defines NAME, which calls NAME_body with these arguments.
#define VARIANTS(RESULT, NAME, PARAMETERS, ARGUMENTS)                                             \
    __attribute__((target("avx2"))) static RESULT NAME##_avx2 PARAMETERS {                        \
        return NAME##_body ARGUMENTS;                                                             \
    }                                                                                             \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"), min_vector_width(512)))          \
    static RESULT NAME##_avx512 PARAMETERS {                                                      \
        return NAME##_body ARGUMENTS;                                                             \
    }                                                                                             \
    RESULT NAME PARAMETERS {                                                                      \
        switch (jl_variant()) {                                                                   \
        case 2: return NAME##_avx512 ARGUMENTS;                                                   \
        case 1: return NAME##_avx2 ARGUMENTS;                                                     \
        default: return NAME##_body ARGUMENTS;                                                    \
        }                                                                                         \
    }

#else

#define VARIANTS(RESULT, NAME, PARAMETERS, ARGUMENTS)                                             \
    RESULT NAME PARAMETERS { return NAME##_body ARGUMENTS; }

#endif

// Vectors wider than the machine's are split by the compiler. Loads need no more alignment than
// their elements.
typedef float f32x8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef double f64x8 __attribute__((vector_size(64), aligned(8), may_alias));

#endif
