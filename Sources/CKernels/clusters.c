#include "CKernels.h"
#include "strict.h"

double jl_nearest_centres(
    uint32_t *restrict nearest, const float *restrict rows, const double *restrict centres,
    size_t rowCount, size_t width, size_t centreCount
) {
    double total = 0.0;
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict x = rows + row * width;
        double least = 0.0;
        uint32_t best = 0;
        for (size_t c = 0; c < centreCount; c++) {
            const double *restrict centre = centres + c * width;
            double distance = 0.0;
            for (size_t j = 0; j < width; j++) {
                double difference = (double)x[j] - centre[j];
                distance += difference * difference;
            }
            if (c == 0 || distance < least) {
                least = distance;
                best = (uint32_t)c;
            }
        }
        nearest[row] = best;
        total += least;
    }
    return total;
}

void jl_cluster_sums(
    double *restrict sums, double *restrict counts, const float *restrict rows,
    const uint32_t *restrict nearest, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        double *restrict sum = sums + (size_t)nearest[row] * width;
        for (size_t j = 0; j < width; j++) sum[j] += (double)rows[row * width + j];
        counts[nearest[row]] += 1.0;
    }
}

void jl_column_range(
    double *restrict low, double *restrict high, const float *restrict rows, size_t column,
    size_t rowCount, size_t width
) {
    int seen = 0;
    *low = 0.0;
    *high = 0.0;
    for (size_t row = 0; row < rowCount; row++) {
        double x = (double)rows[row * width + column];
        if (x != x) continue;
        if (!seen || x < *low) *low = x;
        if (!seen || x > *high) *high = x;
        seen = 1;
    }
}

void jl_column_histogram(
    double *restrict counts, const float *restrict rows, const double *restrict edges,
    size_t binCount, size_t column, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        double x = (double)rows[row * width + column];
        if (x != x) continue;
        size_t low = 0, high = binCount - 1;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (x < edges[middle + 1]) high = middle; else low = middle + 1;
        }
        counts[low] += 1.0;
    }
}
