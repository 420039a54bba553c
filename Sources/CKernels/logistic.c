#include <string.h>

#include "CKernels.h"
#include "strict.h"

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// ln 2 in two parts; the first has so many zero bits at its end that its product with an exponent
// is exact.
static const double ln2_upper = 0x1.62e42feep-1;
static const double ln2_lower = 0x1.a39ef35793c76p-33;

double jl_exp(double x) {
    // e^x = 2^k e^r with k the integer nearest to x / ln 2, so that |r| is at most ln 2 / 2.
    // Adding 1.5 * 2^52 rounds to an integer and leaves it in the low bits.
    const double shift = 0x1.8p52;
    double clamped = x < -708.0 ? -708.0 : x > 709.0 ? 709.0 : x;
    double shifted = clamped * 0x1.71547652b82fep0 + shift;
    double k = shifted - shift;
    double r = (clamped - k * ln2_upper) - k * ln2_lower;
    // The Taylor series up to r^13; the next term is below 2^-57.
    double series = 1.0 / 6227020800.0;
    series = series * r + 1.0 / 479001600.0;
    series = series * r + 1.0 / 39916800.0;
    series = series * r + 1.0 / 3628800.0;
    series = series * r + 1.0 / 362880.0;
    series = series * r + 1.0 / 40320.0;
    series = series * r + 1.0 / 5040.0;
    series = series * r + 1.0 / 720.0;
    series = series * r + 1.0 / 120.0;
    series = series * r + 1.0 / 24.0;
    series = series * r + 1.0 / 6.0;
    series = series * r + 0.5;
    double power = 1.0 + (r + r * r * series);
    double result = power * from_bits((to_bits(shifted) + 1023) << 52);
    result = x < -708.0 ? 0.0 : x > 709.0 ? from_bits(0x7ff0000000000000) : result;
    return x == x ? result : x;
}

// 2 artanh(ratio) for a |ratio| up to 1/3, as the 19 terms of its series that a double can tell.
static double doubled_artanh(double ratio) {
    double square = ratio * ratio;
    double series = 1.0 / 37.0;
    for (int divisor = 35; divisor >= 3; divisor -= 2) series = series * square + 1.0 / divisor;
    return 2.0 * (ratio + ratio * square * series);
}

double jl_log(double x) {
    // x = m 2^e with m from sqrt(1/2) to sqrt(2), and ln m = 2 artanh((m - 1) / (m + 1)).
    uint64_t bits = to_bits(x);
    double e = (double)((int64_t)(bits >> 52) - 1023);
    double m = from_bits((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
    if (m > 0x1.6a09e667f3bcdp0) {
        m *= 0.5;
        e += 1.0;
    }
    return e * ln2_upper + (doubled_artanh((m - 1.0) / (m + 1.0)) + e * ln2_lower);
}

// ln(1 + u) for u from 0 to 1, exact to its last bits also where u is tiny.
static double log_of_one_plus(double u) { return doubled_artanh(u / (2.0 + u)); }

static double probability(double logit) {
    // e^-|z| does not overflow; the two forms are the same function.
    double power = jl_exp(logit < 0.0 ? logit : -logit);
    return (logit < 0.0 ? power : 1.0) / (1.0 + power);
}

void jl_probabilities(double *restrict out, const float *restrict logits, size_t count) {
    for (size_t i = 0; i < count; i++) out[i] = probability((double)logits[i]);
}

void jl_residuals_of_rows(
    float *restrict values, const float *restrict labels, const uint32_t *restrict indices,
    double scale, size_t count
) {
    for (size_t i = 0; i < count; i++) {
        double residual = probability((double)values[i]) - (double)labels[indices[i]];
        values[i] = (float)(residual * scale);
    }
}

double jl_log_loss_of_logits(
    const float *restrict logits, const float *restrict labels, size_t count
) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double z = (double)logits[i];
        double positive = z > 0.0 ? z : 0.0;
        double tail = log_of_one_plus(jl_exp(z < 0.0 ? z : -z));
        sum += (positive - (double)labels[i] * z) + tail;
    }
    return sum;
}

double jl_log_loss(
    const double *restrict probabilities, const uint8_t *restrict labels, size_t count
) {
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        double p = probabilities[i];
        p = p < 1e-15 ? 1e-15 : p > 1.0 - 1e-15 ? 1.0 - 1e-15 : p;
        sum -= jl_log(labels[i] ? p : 1.0 - p);
    }
    return sum;
}
