#include <string.h>

#include "CKernels.h"
#include "strict.h"

// Multiples of 2^-30: sums of them are exact up to 2^23, in whatever order they are added.
static double rounded(double x) {
    const double shift = 0x1.8p22;
    double clamped = x < -0x1p20 ? -0x1p20 : x > 0x1p20 ? 0x1p20 : x;
    return (clamped + shift) - shift;
}

static uint32_t ordered_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x80000000 ? ~bits : bits | 0x80000000;
}

size_t jl_sorted_column(
    float *restrict out, float *restrict scratch, const float *restrict rows, size_t column,
    size_t rowCount, size_t width
) {
    size_t count = 0;
    for (size_t row = 0; row < rowCount; row++) {
        float x = rows[row * width + column];
        // -0 and 0 are one value.
        if (x == x) out[count++] = x == 0.0f ? 0.0f : x;
    }
    float *from = out, *to = scratch;
    for (int shift = 0; shift < 32; shift += 8) {
        size_t places[257] = {0};
        for (size_t i = 0; i < count; i++) places[((ordered_bits(from[i]) >> shift) & 255) + 1]++;
        for (size_t digit = 0; digit < 256; digit++) places[digit + 1] += places[digit];
        for (size_t i = 0; i < count; i++) {
            to[places[(ordered_bits(from[i]) >> shift) & 255]++] = from[i];
        }
        float *swap = from;
        from = to;
        to = swap;
    }
    return count;
}

void jl_bin_rows(
    uint8_t *restrict bins, const float *restrict rows, const float *restrict edges,
    const uint32_t *restrict starts, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        for (size_t j = 0; j < width; j++) {
            float x = rows[row * width + j];
            uint32_t low = starts[j], high = starts[j + 1];
            while (low < high) {
                uint32_t middle = (low + high) / 2;
                if (edges[middle] < x) low = middle + 1; else high = middle;
            }
            bins[row * width + j] = x == x ? (uint8_t)(low - starts[j]) : 255;
        }
    }
}

void jl_tree_leaves(
    uint32_t *restrict nodes, const uint8_t *restrict bins, const int32_t *restrict inputs,
    const uint8_t *restrict splits, const uint8_t *restrict missingLeft,
    const uint32_t *restrict left, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        const uint8_t *restrict x = bins + row * width;
        uint32_t node = 0;
        while (inputs[node] >= 0) {
            uint8_t bin = x[inputs[node]];
            int goesLeft = bin == 255 ? missingLeft[node] : bin <= splits[node];
            node = left[node] + (goesLeft ? 0 : 1);
        }
        nodes[row] = node;
    }
}

void jl_add_leaf_values(
    double *restrict scores, size_t stride, const uint32_t *restrict nodes,
    const double *restrict values, size_t rowCount
) {
    for (size_t row = 0; row < rowCount; row++) scores[row * stride] += values[nodes[row]];
}

void jl_logistic_gradients(
    double *restrict gradients, double *restrict hessians, const double *restrict scores,
    const float *restrict labels, size_t count
) {
    for (size_t i = 0; i < count; i++) {
        double z = scores[i];
        double power = jl_exp(z < 0.0 ? z : -z);
        double p = (z < 0.0 ? power : 1.0) / (1.0 + power);
        gradients[i] = rounded(p - (double)labels[i]);
        hessians[i] = rounded(p * (1.0 - p));
    }
}

void jl_softmax_gradients(
    double *restrict gradients, double *restrict hessians, const double *restrict scores,
    const float *restrict classes, size_t chosen, size_t rowCount, size_t width
) {
    for (size_t row = 0; row < rowCount; row++) {
        const double *restrict z = scores + row * width;
        double max = z[0], sum = 0.0;
        for (size_t j = 1; j < width; j++) max = z[j] > max ? z[j] : max;
        for (size_t j = 0; j < width; j++) sum += jl_exp(z[j] - max);
        double p = jl_exp(z[chosen] - max) / sum;
        gradients[row] = rounded(p - ((size_t)classes[row] == chosen ? 1.0 : 0.0));
        hessians[row] = rounded(p * (1.0 - p));
    }
}

void jl_linear_gradients(
    double *restrict gradients, double *restrict hessians, const double *restrict scores,
    const float *restrict answers, double mean, double scale, size_t count
) {
    for (size_t i = 0; i < count; i++) {
        gradients[i] = rounded(scores[i] - ((double)answers[i] - mean) / scale);
        hessians[i] = 1.0;
    }
}

void jl_tree_histograms(
    double *restrict gradientSums, double *restrict hessianSums, double *restrict counts,
    const uint8_t *restrict bins, const uint32_t *restrict nodes, const int32_t *restrict places,
    const double *restrict gradients, const double *restrict hessians,
    const uint32_t *restrict offsets, size_t rowCount, size_t width
) {
    size_t stride = offsets[width];
    for (size_t row = 0; row < rowCount; row++) {
        int32_t place = places[nodes[row]];
        if (place < 0) continue;
        const uint8_t *restrict x = bins + row * width;
        double g = gradients[row], h = hessians[row];
        for (size_t j = 0; j < width; j++) {
            // What is missing stands last.
            size_t slot = x[j] == 255 ? offsets[j + 1] - 1 : offsets[j] + x[j];
            slot += (size_t)place * stride;
            gradientSums[slot] += g;
            hessianSums[slot] += h;
            counts[slot] += 1.0;
        }
    }
}
