#include "CKernels.h"
#include "strict.h"

// One loop for both types; the additions keep the order of the inputs.
#define DEFINE_ACCUMULATE(NAME, SUM, INPUT)                                                       \
    void NAME(                                                                                    \
        SUM *restrict y, size_t count, const INPUT *const *inputs, const SUM *restrict weights,   \
        size_t inputCount                                                                         \
    ) {                                                                                           \
        size_t k = 0;                                                                             \
        for (; k + 4 <= inputCount; k += 4) {                                                     \
            const INPUT *restrict a = inputs[k];                                                  \
            const INPUT *restrict b = inputs[k + 1];                                              \
            const INPUT *restrict c = inputs[k + 2];                                              \
            const INPUT *restrict d = inputs[k + 3];                                              \
            SUM p = weights[k], q = weights[k + 1], r = weights[k + 2], s = weights[k + 3];       \
            for (size_t i = 0; i < count; i++) {                                                  \
                y[i] = (((y[i] + p * (SUM)a[i]) + q * (SUM)b[i]) + r * (SUM)c[i])                 \
                    + s * (SUM)d[i];                                                              \
            }                                                                                     \
        }                                                                                         \
        for (; k < inputCount; k++) {                                                             \
            const INPUT *restrict a = inputs[k];                                                  \
            SUM p = weights[k];                                                                   \
            for (size_t i = 0; i < count; i++) y[i] = y[i] + p * (SUM)a[i];                       \
        }                                                                                         \
    }

DEFINE_ACCUMULATE(jl_accumulate_f32, float, float)
DEFINE_ACCUMULATE(jl_accumulate_f64, double, double)

void jl_scale_to_f32(float *restrict out, const double *restrict x, double scale, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = (float)(scale * x[i]);
}
