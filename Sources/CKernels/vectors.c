#include "CKernels.h"
#include "strict.h"

#define LANES 16

float jl_dot(const float *a, const float *b, size_t count) {
    float lanes[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) lanes[lane] += a[i + lane] * b[i + lane];
    }
    for (size_t lane = 0; i + lane < count; lane++) lanes[lane] += a[i + lane] * b[i + lane];
    for (size_t width = LANES / 2; width > 0; width /= 2) {
        for (size_t lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    }
    return lanes[0];
}

void jl_axpy(float *restrict y, float scale, const float *restrict x, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] += scale * x[i];
}

void jl_gemv(
    float *restrict out, const float *restrict rows, const float *restrict weights, float bias,
    size_t rowCount, size_t width
) {
    for (size_t i = 0; i < rowCount; i++) out[i] = jl_dot(rows + i * width, weights, width) + bias;
}

void jl_gemv_of_rows(
    float *restrict out, const float *restrict rows, const uint32_t *restrict indices,
    const float *restrict weights, float bias, size_t indexCount, size_t width
) {
    for (size_t i = 0; i < indexCount; i++) {
        out[i] = jl_dot(rows + (size_t)indices[i] * width, weights, width) + bias;
    }
}

void jl_add_scaled_rows(
    float *restrict y, const float *restrict rows, const uint32_t *restrict indices,
    const float *restrict scales, size_t indexCount, size_t width
) {
    size_t i = 0;
    for (; i + 4 <= indexCount; i += 4) {
        const float *restrict a = rows + (size_t)indices[i] * width;
        const float *restrict b = rows + (size_t)indices[i + 1] * width;
        const float *restrict c = rows + (size_t)indices[i + 2] * width;
        const float *restrict d = rows + (size_t)indices[i + 3] * width;
        float p = scales[i], q = scales[i + 1], r = scales[i + 2], s = scales[i + 3];
        for (size_t j = 0; j < width; j++) {
            y[j] = (((y[j] + p * a[j]) + q * b[j]) + r * c[j]) + s * d[j];
        }
    }
    for (; i < indexCount; i++) jl_axpy(y, scales[i], rows + (size_t)indices[i] * width, width);
}

// Infinity minus itself is NaN, and NaN is unequal to everything.
static inline int is_finite(float x) { return x - x == 0; }

size_t jl_first_not_finite(const float *x, size_t count) {
    size_t i = 0;
    // A loop that may end at each element is not vectorised.
    for (int found = 0; i + LANES <= count; i += LANES) {
        for (size_t lane = 0; lane < LANES; lane++) found |= !is_finite(x[i + lane]);
        if (found) break;
    }
    while (i < count && is_finite(x[i])) i++;
    return i;
}
