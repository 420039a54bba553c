#include "CKernels.h"
#include "strict.h"

#define LANES 8

// TERM is an expression in x[i].
#define LANE_SUM(TERM)                                                                            \
    double lanes[LANES] = {0};                                                                    \
    size_t start = 0;                                                                             \
    for (; start + LANES <= count; start += LANES) {                                              \
        for (size_t lane = 0; lane < LANES; lane++) {                                             \
            size_t i = start + lane;                                                              \
            lanes[lane] += TERM;                                                                  \
        }                                                                                         \
    }                                                                                             \
    for (size_t i = start; i < count; i++) lanes[i - start] += TERM;                              \
    for (size_t width = LANES / 2; width > 0; width /= 2) {                                       \
        for (size_t lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];           \
    }                                                                                             \
    return lanes[0];

double jl_sum_f32(const float *x, size_t count) { LANE_SUM((double)x[i]) }

double jl_sum_f64(const double *x, size_t count) { LANE_SUM(x[i]) }

double jl_squared_deviations_f32(const float *x, double mean, size_t count) {
    LANE_SUM(((double)x[i] - mean) * ((double)x[i] - mean))
}

double jl_squared_deviations_f64(const double *x, double mean, size_t count) {
    LANE_SUM((x[i] - mean) * (x[i] - mean))
}
