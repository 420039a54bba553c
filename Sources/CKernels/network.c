#include <string.h>

#include "CKernels.h"
#include "strict.h"

void jl_add_to_rows(float *restrict rows, const float *restrict bias, size_t rowCount, size_t width) {
    for (size_t row = 0; row < rowCount; row++) {
        float *restrict x = rows + row * width;
        for (size_t j = 0; j < width; j++) x[j] += bias[j];
    }
}

void jl_relu(float *x, size_t count) {
    // NaN stays what it is, so that a run that went wrong is seen.
    for (size_t i = 0; i < count; i++) x[i] = x[i] < 0.0f ? 0.0f : x[i];
}

void jl_relu_derivative(float *restrict deltas, const float *restrict outputs, size_t count) {
    for (size_t i = 0; i < count; i++) deltas[i] = outputs[i] > 0.0f ? deltas[i] : 0.0f;
}

void jl_tanh(float *x, size_t count) {
    // 1 - 2 / (e^2x + 1), whose last bits are lost near 0; there the series of Lambert's continued
    // fraction x / (1 + x² / (3 + x² / (5 + …))), which needs no exponential.
    for (size_t i = 0; i < count; i++) {
        float z = x[i];
        float square = z * z;
        float fraction = 11.0f;
        fraction = 9.0f + square / fraction;
        fraction = 7.0f + square / fraction;
        fraction = 5.0f + square / fraction;
        fraction = 3.0f + square / fraction;
        fraction = 1.0f + square / fraction;
        float near = z / fraction;
        // 2^k e^r with k the integer nearest to 2z / ln 2; beyond 10 the result is 1 or -1.
        float doubled = z < -10.0f ? -20.0f : z > 10.0f ? 20.0f : 2.0f * z;
        float shifted = doubled * 0x1.715476p0f + 0x1.8p23f;
        float k = shifted - 0x1.8p23f;
        float r = (doubled - k * 0x1.62e4p-1f) - k * 0x1.7f7d1cp-20f;
        float series = 1.0f / 5040.0f;
        series = series * r + 1.0f / 720.0f;
        series = series * r + 1.0f / 120.0f;
        series = series * r + 1.0f / 24.0f;
        series = series * r + 1.0f / 6.0f;
        series = series * r + 0.5f;
        series = series * r + 1.0f;
        series = series * r + 1.0f;
        uint32_t bits;
        memcpy(&bits, &shifted, sizeof bits);
        bits = (bits + 127) << 23;
        float power;
        memcpy(&power, &bits, sizeof power);
        float far = 1.0f - 2.0f / (series * power + 1.0f);
        float result = square < 0.5f ? near : far;
        x[i] = z == z ? result : z;
    }
}

void jl_tanh_derivative(float *restrict deltas, const float *restrict outputs, size_t count) {
    for (size_t i = 0; i < count; i++) deltas[i] *= 1.0f - outputs[i] * outputs[i];
}

void jl_add_scaled_row_sums(
    float *restrict y, float scale, const float *restrict rows, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict x = rows + row * width;
        for (size_t j = 0; j < width; j++) y[j] += scale * x[j];
    }
}

void jl_scale(float *y, float scale, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] *= scale;
}

void jl_add_scaled_difference(
    float *restrict y, float scale, const float *restrict a, const float *restrict b, size_t count
) {
    for (size_t i = 0; i < count; i++) y[i] += scale * (a[i] - b[i]);
}

void jl_softmax(double *restrict out, const float *restrict logits, size_t rowCount, size_t width) {
    for (size_t row = 0; row < rowCount; row++) {
        const float *restrict z = logits + row * width;
        double *restrict p = out + row * width;
        double max = (double)z[0];
        for (size_t j = 1; j < width; j++) max = (double)z[j] > max ? (double)z[j] : max;
        double sum = 0.0;
        for (size_t j = 0; j < width; j++) p[j] = jl_exp((double)z[j] - max);
        for (size_t j = 0; j < width; j++) sum += p[j];
        for (size_t j = 0; j < width; j++) p[j] /= sum;
    }
}

void jl_softmax_residuals(
    float *restrict values, double *restrict scratch, const float *restrict classes, double scale,
    size_t rowCount, size_t width
) {
    jl_softmax(scratch, values, rowCount, width);
    for (size_t row = 0; row < rowCount; row++) {
        scratch[row * width + (size_t)classes[row]] -= 1.0;
        for (size_t j = 0; j < width; j++) {
            values[row * width + j] = (float)(scratch[row * width + j] * scale);
        }
    }
}

void jl_logistic_residuals(
    float *restrict values, double *restrict scratch, const float *restrict labels, double scale,
    size_t count
) {
    jl_probabilities(scratch, values, count);
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)((scratch[i] - (double)labels[i]) * scale);
    }
}

void jl_linear_residuals(
    float *restrict values, const float *restrict targets, double scale, size_t count
) {
    for (size_t i = 0; i < count; i++) {
        values[i] = (float)(((double)values[i] - (double)targets[i]) * scale);
    }
}

double jl_cross_entropy(
    const double *restrict probabilities, const float *restrict classes, size_t rowCount,
    size_t width
) {
    double sum = 0.0;
    for (size_t row = 0; row < rowCount; row++) {
        double p = probabilities[row * width + (size_t)classes[row]];
        sum -= jl_log(p < 1e-15 ? 1e-15 : p);
    }
    return sum;
}
