#include "CKernels.h"
#include "strict.h"
#include "variants.h"

#if defined(__x86_64__)
int jl_variant_max = 2;

void jl_limit_variants(int max) { jl_variant_max = max; }
#else
void jl_limit_variants(int max) { (void)max; }
#endif

// MARK: Weighted sums

#define WIDEN(POINTER) __builtin_convertvector(*(const f32x8 *)(POINTER), f64x8)
#define NARROW(VECTOR) __builtin_convertvector(VECTOR, f32x8)

// x - x is 0 for finite numbers and NaN for the others, and NaN stays in a sum.
#define IS_FINITE(CHECK) ((CHECK) == 0)

// How many floats ahead an input is fetched into the cache. The machine's own prefetching starts
// anew at every page, which costs a third of the rate where several inputs take turns.
#define AHEAD 512

// 32 sums stay in registers while the inputs pass. Where they start, `y` is not read; where they
// end, it is not written, and their quotients go to `out`. Returns 1 if all of these are finite.
BODY int weighted_sums(
    float *restrict out, double *restrict y, size_t count, const float *const *inputs,
    const double *restrict weights, size_t inputCount, double divisor, int starts, int ends
) {
    f32x8 checks = {0};
    float check = 0;
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        f64x8 a = {0}, b = {0}, c = {0}, d = {0};
        if (!starts) {
            a = *(const f64x8 *)(y + i), b = *(const f64x8 *)(y + i + 8);
            c = *(const f64x8 *)(y + i + 16), d = *(const f64x8 *)(y + i + 24);
        }
        for (size_t k = 0; k < inputCount; k++) {
            const float *x = inputs[k] + i;
            __builtin_prefetch(x + AHEAD);
            __builtin_prefetch(x + AHEAD + 16);
            double weight = weights[k];
            a = a + weight * WIDEN(x);
            b = b + weight * WIDEN(x + 8);
            c = c + weight * WIDEN(x + 16);
            d = d + weight * WIDEN(x + 24);
        }
        if (ends) {
            f32x8 p = NARROW(a / divisor), q = NARROW(b / divisor);
            f32x8 r = NARROW(c / divisor), s = NARROW(d / divisor);
            *(f32x8 *)(out + i) = p;
            *(f32x8 *)(out + i + 8) = q;
            *(f32x8 *)(out + i + 16) = r;
            *(f32x8 *)(out + i + 24) = s;
            checks = checks + ((p - p) + (q - q)) + ((r - r) + (s - s));
        } else {
            *(f64x8 *)(y + i) = a;
            *(f64x8 *)(y + i + 8) = b;
            *(f64x8 *)(y + i + 16) = c;
            *(f64x8 *)(y + i + 24) = d;
        }
    }
    for (; i < count; i++) {
        double sum = starts ? 0 : y[i];
        for (size_t k = 0; k < inputCount; k++) sum = sum + weights[k] * (double)inputs[k][i];
        if (ends) {
            out[i] = (float)(sum / divisor);
            check += out[i] - out[i];
        } else {
            y[i] = sum;
        }
    }
    for (size_t lane = 0; lane < 8; lane++) check += checks[lane];
    return IS_FINITE(check);
}

BODY void jl_accumulate_f32_in_f64_body(
    double *restrict y, size_t count, const float *const *inputs, const double *restrict weights,
    size_t inputCount
) {
    float none;
    weighted_sums(&none, y, count, inputs, weights, inputCount, 1, 0, 0);
}

VARIANTS(
    void, jl_accumulate_f32_in_f64,
    (double *restrict y, size_t count, const float *const *inputs, const double *restrict weights,
     size_t inputCount),
    (y, count, inputs, weights, inputCount))

BODY void jl_weighted_sums_body(
    double *restrict y, size_t count, const float *const *inputs, const double *restrict weights,
    size_t inputCount
) {
    float none;
    weighted_sums(&none, y, count, inputs, weights, inputCount, 1, 1, 0);
}

VARIANTS(
    void, jl_weighted_sums,
    (double *restrict y, size_t count, const float *const *inputs, const double *restrict weights,
     size_t inputCount),
    (y, count, inputs, weights, inputCount))

BODY int jl_end_weighted_means_body(
    float *restrict out, const double *restrict y, size_t count, const float *const *inputs,
    const double *restrict weights, size_t inputCount, double divisor
) {
    return weighted_sums(
        out, (double *)y, count, inputs, weights, inputCount, divisor, 0, 1);
}

VARIANTS(
    int, jl_end_weighted_means,
    (float *restrict out, const double *restrict y, size_t count, const float *const *inputs,
     const double *restrict weights, size_t inputCount, double divisor),
    (out, y, count, inputs, weights, inputCount, divisor))

BODY int jl_divide_to_f32_body(
    float *restrict out, const double *restrict x, double divisor, size_t count
) {
    float checks[16] = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        for (size_t lane = 0; lane < 16; lane++) {
            float value = (float)(x[i + lane] / divisor);
            out[i + lane] = value;
            checks[lane] += value - value;
        }
    }
    float check = 0;
    for (; i < count; i++) {
        out[i] = (float)(x[i] / divisor);
        check += out[i] - out[i];
    }
    for (size_t lane = 0; lane < 16; lane++) check += checks[lane];
    return IS_FINITE(check);
}

VARIANTS(
    int, jl_divide_to_f32,
    (float *restrict out, const double *restrict x, double divisor, size_t count),
    (out, x, divisor, count))

// MARK: Distances

BODY void jl_squared_norm_body(double *restrict lanes, const float *restrict x, size_t count) {
    f64x8 sum = *(const f64x8 *)lanes;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        f64x8 wide = WIDEN(x + i);
        sum = sum + wide * wide;
    }
    *(f64x8 *)lanes = sum;
    for (size_t lane = 0; i + lane < count; lane++) {
        lanes[lane] += (double)x[i + lane] * (double)x[i + lane];
    }
}

VARIANTS(
    void, jl_squared_norm, (double *restrict lanes, const float *restrict x, size_t count),
    (lanes, x, count))

// Adds to the lanes of the pairs (a, b), (a, b + stride) … of `PAIRS` rows at b.
#define ADD_PAIRS(PAIRS)                                                                          \
    do {                                                                                          \
        f64x8 sums[PAIRS];                                                                        \
        for (size_t p = 0; p < PAIRS; p++) sums[p] = *(const f64x8 *)(out + 8 * p);               \
        for (size_t i = 0; i < whole; i += 8) {                                                   \
            f64x8 left = *(const f64x8 *)(a + i);                                                 \
            for (size_t p = 0; p < PAIRS; p++) {                                                  \
                f64x8 difference = left - *(const f64x8 *)(b + p * count + i);                    \
                sums[p] = sums[p] + difference * difference;                                      \
            }                                                                                     \
        }                                                                                         \
        for (size_t p = 0; p < PAIRS; p++) *(f64x8 *)(out + 8 * p) = sums[p];                     \
        for (size_t p = 0; p < PAIRS; p++) {                                                      \
            for (size_t i = whole; i < count; i++) {                                              \
                double difference = a[i] - b[p * count + i];                                      \
                out[8 * p + i - whole] += difference * difference;                                \
            }                                                                                     \
        }                                                                                         \
    } while (0)

BODY void jl_squared_distances_body(
    double *restrict lanes, double *restrict scratch, const float *const *rows, size_t rowCount,
    size_t count
) {
    size_t whole = count - count % 8;
    for (size_t row = 0; row < rowCount; row++) {
        for (size_t i = 0; i < count; i++) scratch[row * count + i] = (double)rows[row][i];
    }
    double *out = lanes;
    for (size_t row = 0; row + 1 < rowCount; row++) {
        const double *restrict a = scratch + row * count;
        size_t other = row + 1;
        for (; other + 8 <= rowCount; other += 8, out += 64) {
            const double *restrict b = scratch + other * count;
            ADD_PAIRS(8);
        }
        for (; other < rowCount; other++, out += 8) {
            const double *restrict b = scratch + other * count;
            ADD_PAIRS(1);
        }
    }
}

VARIANTS(
    void, jl_squared_distances,
    (double *restrict lanes, double *restrict scratch, const float *const *rows, size_t rowCount,
     size_t count),
    (lanes, scratch, rows, rowCount, count))

// MARK: Order statistics

// How many columns are sorted side by side.
#define COLUMNS 64

// Sorts the columns from `start` on, as many as there are up to COLUMNS. Exchanges keep the numbers
// of a column whatever they are, so NaN among them is seen by the check. 0 where a number is not
// finite.
BODY int sort_columns(
    float *restrict sorted, const float *const *rows, size_t rowCount, size_t start, size_t count,
    const uint32_t *restrict exchanges, size_t exchangeCount
) {
    size_t width = count - start < COLUMNS ? count - start : COLUMNS;
    float checks[COLUMNS] = {0};
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict x = rows[row] + start;
        float *restrict y = sorted + row * COLUMNS;
        if (width == COLUMNS) {
            for (size_t j = 0; j < COLUMNS; j++) {
                y[j] = x[j];
                checks[j] += x[j] - x[j];
            }
        } else {
            for (size_t j = 0; j < COLUMNS; j++) y[j] = j < width ? x[j] : 0;
            for (size_t j = 0; j < COLUMNS; j++) checks[j] += y[j] - y[j];
        }
    }
    for (size_t e = 0; e < exchangeCount; e++) {
        float *restrict low = sorted + (size_t)exchanges[2 * e] * COLUMNS;
        float *restrict high = sorted + (size_t)exchanges[2 * e + 1] * COLUMNS;
        for (size_t j = 0; j < COLUMNS; j++) {
            float a = low[j], b = high[j];
            low[j] = a < b ? a : b;
            high[j] = a < b ? b : a;
        }
    }
    float check = 0;
    for (size_t j = 0; j < COLUMNS; j++) check += checks[j];
    return IS_FINITE(check);
}

BODY int jl_sums_of_sorted_body(
    double *restrict sums, const float *const *rows, size_t rowCount, size_t count, size_t first,
    size_t last, const uint32_t *restrict exchanges, size_t exchangeCount, float *restrict scratch
) {
    int finite = 1;
    for (size_t start = 0; start < count; start += COLUMNS) {
        finite &= sort_columns(scratch, rows, rowCount, start, count, exchanges, exchangeCount);
        double columns[COLUMNS] = {0};
        for (size_t row = first; row <= last; row++) {
            const float *restrict y = scratch + row * COLUMNS;
            for (size_t j = 0; j < COLUMNS; j++) columns[j] = columns[j] + (double)y[j];
        }
        size_t width = count - start < COLUMNS ? count - start : COLUMNS;
        for (size_t j = 0; j < width; j++) sums[start + j] = columns[j];
    }
    return finite;
}

VARIANTS(
    int, jl_sums_of_sorted,
    (double *restrict sums, const float *const *rows, size_t rowCount, size_t count, size_t first,
     size_t last, const uint32_t *restrict exchanges, size_t exchangeCount,
     float *restrict scratch),
    (sums, rows, rowCount, count, first, last, exchanges, exchangeCount, scratch))

BODY int jl_sums_near_median_body(
    double *restrict sums, const float *const *rows, size_t rowCount, size_t count, size_t kept,
    const uint32_t *restrict exchanges, size_t exchangeCount, float *restrict scratch
) {
    int finite = 1;
    for (size_t start = 0; start < count; start += COLUMNS) {
        finite &= sort_columns(scratch, rows, rowCount, start, count, exchanges, exchangeCount);
        size_t width = count - start < COLUMNS ? count - start : COLUMNS;
        for (size_t j = 0; j < width; j++) {
            const float *y = scratch + j;
            double below = y[(rowCount - 1) / 2 * COLUMNS], above = y[rowCount / 2 * COLUMNS];
            double median = (below + above) / 2;
            size_t low = 0, high = rowCount;
            // The farthest from the median is at one of the ends.
            while (high - low > kept) {
                double left = median - (double)y[low * COLUMNS];
                double right = (double)y[(high - 1) * COLUMNS] - median;
                if (left > right) low++;
                else high--;
            }
            double sum = 0;
            for (size_t row = low; row < high; row++) sum = sum + (double)y[row * COLUMNS];
            sums[start + j] = sum;
        }
    }
    return finite;
}

VARIANTS(
    int, jl_sums_near_median,
    (double *restrict sums, const float *const *rows, size_t rowCount, size_t count, size_t kept,
     const uint32_t *restrict exchanges, size_t exchangeCount, float *restrict scratch),
    (sums, rows, rowCount, count, kept, exchanges, exchangeCount, scratch))

// MARK: The server's step

BODY int jl_add_body(
    float *restrict out, const float *restrict a, const float *restrict b, size_t count
) {
    float checks[16] = {0}, check = 0;
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        for (size_t lane = 0; lane < 16; lane++) {
            float sum = a[i + lane] + b[i + lane];
            out[i + lane] = sum;
            checks[lane] += sum - sum;
        }
    }
    for (; i < count; i++) {
        out[i] = a[i] + b[i];
        check += out[i] - out[i];
    }
    for (size_t lane = 0; lane < 16; lane++) check += checks[lane];
    return IS_FINITE(check);
}

VARIANTS(
    int, jl_add,
    (float *restrict out, const float *restrict a, const float *restrict b, size_t count),
    (out, a, b, count))

BODY void jl_step_body(
    double *restrict x, const double *restrict delta, double rate, size_t count
) {
    for (size_t i = 0; i < count; i++) x[i] = x[i] + rate * delta[i];
}

VARIANTS(
    void, jl_step, (double *restrict x, const double *restrict delta, double rate, size_t count),
    (x, delta, rate, count))

BODY void jl_step_momentum_body(
    double *restrict x, double *restrict m, const double *restrict delta, double beta, double rate,
    size_t count
) {
    for (size_t i = 0; i < count; i++) {
        m[i] = beta * m[i] + delta[i];
        x[i] = x[i] + rate * m[i];
    }
}

VARIANTS(
    void, jl_step_momentum,
    (double *restrict x, double *restrict m, const double *restrict delta, double beta,
     double rate, size_t count),
    (x, m, delta, beta, rate, count))

// SECOND is an expression in v[i] and `square`.
#define DEFINE_ADAPTIVE(NAME, SECOND)                                                             \
    BODY void NAME##_body(                                                                        \
        double *restrict x, double *restrict m, double *restrict v, const double *restrict delta, \
        double beta1, double beta2, double tau, double rate, size_t count                         \
    ) {                                                                                           \
        (void)beta2;                                                                              \
        for (size_t i = 0; i < count; i++) {                                                      \
            double square = delta[i] * delta[i];                                                  \
            m[i] = beta1 * m[i] + (1 - beta1) * delta[i];                                         \
            v[i] = SECOND;                                                                        \
            x[i] = x[i] + rate * m[i] / (__builtin_elementwise_sqrt(v[i]) + tau);                             \
        }                                                                                         \
    }                                                                                             \
    VARIANTS(                                                                                     \
        void, NAME,                                                                               \
        (double *restrict x, double *restrict m, double *restrict v,                              \
         const double *restrict delta, double beta1, double beta2, double tau, double rate,       \
         size_t count),                                                                           \
        (x, m, v, delta, beta1, beta2, tau, rate, count))

DEFINE_ADAPTIVE(jl_step_adagrad, v[i] + square)
DEFINE_ADAPTIVE(jl_step_adam, beta2 * v[i] + (1 - beta2) * square)
DEFINE_ADAPTIVE(
    jl_step_yogi,
    v[i] - (1 - beta2) * square * (v[i] > square ? 1.0 : v[i] < square ? -1.0 : 0.0))
