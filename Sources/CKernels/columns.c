#include <string.h>

#include "CKernels.h"
#include "strict.h"

void jl_column_sums(
    double *restrict counts, double *restrict sums, const float *restrict rows, size_t rowCount,
    size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict x = rows + row * width;
        for (size_t j = 0; j < width; j++) {
            int present = x[j] == x[j];
            counts[j] += present ? 1.0 : 0.0;
            sums[j] += present ? (double)x[j] : 0.0;
        }
    }
}

void jl_column_squared_deviations(
    double *restrict deviations, const float *restrict rows, const double *restrict means,
    size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict x = rows + row * width;
        for (size_t j = 0; j < width; j++) {
            double deviation = x[j] == x[j] ? (double)x[j] - means[j] : 0.0;
            deviations[j] += deviation * deviation;
        }
    }
}

void jl_standardise(
    float *restrict rows, const double *restrict means, const double *restrict scales,
    size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        float *restrict x = rows + row * width;
        for (size_t j = 0; j < width; j++) {
            double standard = ((double)x[j] - means[j]) / scales[j];
            x[j] = x[j] == x[j] ? (float)standard : 0.0f;
        }
    }
}

void jl_copy_rows(
    float *restrict out, const float *restrict rows, const uint32_t *restrict indices,
    size_t indexCount, size_t width
) {
    for (size_t i = 0; i < indexCount; i++) {
        memcpy(out + i * width, rows + (size_t)indices[i] * width, width * sizeof(float));
    }
}
