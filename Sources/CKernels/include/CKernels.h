// The loops that must be fast in debug builds, and give the same bits everywhere.
//
// Every function defines one order of its floating-point operations, and each operation is that of
// IEEE 754 with rounding to nearest: no fast-math, no contraction into fused multiply-adds, no call
// into a C library's mathematics. So a result does not depend on the machine, on the width of its
// vectors or on the level of optimisation; a second program that performs the operations in the
// order written here gets the same bits.
//
// Sums over one long array run in 16 lanes (8 for double): lane l adds the elements l, l + 16,
// l + 32 …, each in order; then lane l is added to by lane l + 8, then by l + 4, l + 2 and l + 1.
//
// Pointers are aligned for their type. Buffers that are written do not overlap those that are read.
// Matrices are row-major: `rows` has `width` elements for each row.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// MARK: Vectors (vectors.c)

/// The sum of a[i] * b[i], in 16 lanes.
float jl_dot(const float *a, const float *b, size_t count);

/// y[i] = y[i] + scale * x[i].
void jl_axpy(float *y, float scale, const float *x, size_t count);

/// out[i] = dot(row i, weights) + bias.
void jl_gemv(
    float *out, const float *rows, const float *weights, float bias, size_t rowCount, size_t width);

/// out[i] = dot(row indices[i], weights) + bias.
void jl_gemv_of_rows(
    float *out, const float *rows, const uint32_t *indices, const float *weights, float bias,
    size_t indexCount, size_t width);

/// y = y + scales[i] * (row indices[i]), for i in order. `y` has `width` elements.
void jl_add_scaled_rows(
    float *y, const float *rows, const uint32_t *indices, const float *scales, size_t indexCount,
    size_t width);

/// The first index whose element is not finite, or `count`.
size_t jl_first_not_finite(const float *x, size_t count);

// MARK: Weighted sums (accumulate.c)

// y[i] = y[i] + weights[0] * inputs[0][i], then + weights[1] * inputs[1][i], and so on in this
// order. Four inputs are read in one pass over y, which saves memory traffic and changes no bit:
// to add inputs one call at a time gives the same.

void jl_accumulate_f32(
    float *y, size_t count, const float *_Nonnull const *_Nonnull inputs, const float *weights,
    size_t inputCount);
/// The products and sums in double precision.
void jl_accumulate_f32_in_f64(
    double *y, size_t count, const float *_Nonnull const *_Nonnull inputs, const double *weights,
    size_t inputCount);
void jl_accumulate_f64(
    double *y, size_t count, const double *_Nonnull const *_Nonnull inputs, const double *weights,
    size_t inputCount);

/// out[i] = (float)(scale * x[i]), rounded to nearest.
void jl_scale_to_f32(float *out, const double *x, double scale, size_t count);

// MARK: Aggregation (aggregate.c)

// These, and jl_accumulate_f32_in_f64, use the widest vectors that the machine has.

/// Uses none wider than AVX2 (1), or none but the plain ones (0), until it is called with 2: for
/// tests, which compare them.
void jl_limit_variants(int max);

/// y[i] = 0 + weights[0] * inputs[0][i], then + weights[1] * inputs[1][i], and so on.
void jl_weighted_sums(
    double *y, size_t count, const float *_Nonnull const *_Nonnull inputs, const double *weights,
    size_t inputCount);

/// out[i] = (float)((y[i] + weights[0] * inputs[0][i] + …) / divisor), the sum in this order. 1 if
/// all of them are finite, or 0.
int jl_end_weighted_means(
    float *out, const double *y, size_t count, const float *_Nonnull const *_Nonnull inputs,
    const double *weights, size_t inputCount, double divisor);

/// out[i] = (float)(x[i] / divisor). 1 if all of them are finite, or 0.
int jl_divide_to_f32(float *out, const double *x, double divisor, size_t count);

/// Adds x[i]² to lanes[i % 8], in double precision. `lanes` has 8 elements; their sum, taken as
/// that of 8 lanes above, is ‖x‖². An array may be added in parts that are multiples of 8.
void jl_squared_norm(double *lanes, const float *x, size_t count);

/// The same of (rows[a][i] - rows[b][i])² for all pairs a < b, in the order (0, 1), (0, 2) … (1, 2)
/// …, 8 lanes each. `scratch` has rowCount * count elements.
void jl_squared_distances(
    double *lanes, double *scratch, const float *_Nonnull const *_Nonnull rows, size_t rowCount,
    size_t count);

/// sums[i] = the sum of those of rows[…][i] that come `first` to `last` when they are sorted,
/// counted from 0, both included, added in ascending order to 0.
///
/// `exchanges` are pairs (a, b) of rows in the order in which they are compared: the lesser goes to
/// a, the greater to b. They need only sort what is asked for. `scratch` has 64 * rowCount
/// elements. Returns 1 if all numbers are finite; else 0, and the sums are of no use.
int jl_sums_of_sorted(
    double *sums, const float *_Nonnull const *_Nonnull rows, size_t rowCount, size_t count,
    size_t first, size_t last, const uint32_t *exchanges, size_t exchangeCount, float *scratch);

/// The same of the `kept` numbers nearest to the median, of an even number of them the mean of the
/// two in the middle. Where the farthest two are as far, the greater goes first.
int jl_sums_near_median(
    double *sums, const float *_Nonnull const *_Nonnull rows, size_t rowCount, size_t count,
    size_t kept, const uint32_t *exchanges, size_t exchangeCount, float *scratch);

/// out[i] = a[i] + b[i]. 1 if all of them are finite, or 0.
int jl_add(float *out, const float *a, const float *b, size_t count);

/// x = x + rate * delta.
void jl_step(double *x, const double *delta, double rate, size_t count);

/// m = beta * m + delta, then x = x + rate * m.
void jl_step_momentum(
    double *x, double *m, const double *delta, double beta, double rate, size_t count);

// m = beta1 * m + (1 - beta1) * delta; v by the rule, with s = delta * delta; then
// x = x + (rate * m) / (sqrt(v) + tau).

/// v = v + s.
void jl_step_adagrad(
    double *x, double *m, double *v, const double *delta, double beta1, double beta2, double tau,
    double rate, size_t count);
/// v = beta2 * v + (1 - beta2) * s.
void jl_step_adam(
    double *x, double *m, double *v, const double *delta, double beta1, double beta2, double tau,
    double rate, size_t count);
/// v = v - ((1 - beta2) * s) * sign(v - s).
void jl_step_yogi(
    double *x, double *m, double *v, const double *delta, double beta1, double beta2, double tau,
    double rate, size_t count);

// MARK: Sums in double precision (sums.c)

double jl_sum_f32(const float *x, size_t count);
double jl_sum_f64(const double *x, size_t count);
/// The sum of (x[i] - mean)².
double jl_squared_deviations_f32(const float *x, double mean, size_t count);
double jl_squared_deviations_f64(const double *x, double mean, size_t count);

// MARK: Columns of a matrix (columns.c)

/// For each column, how many of its elements are not NaN, and their sum, taken from the first row
/// to the last. Adds to `counts` and `sums`, which have `width` elements.
void jl_column_sums(
    double *counts, double *sums, const float *rows, size_t rowCount, size_t width);

/// For each column, the sum of (x - mean)² over the elements that are not NaN, from the first row
/// to the last. Adds to `deviations`.
void jl_column_squared_deviations(
    double *deviations, const float *rows, const double *means, size_t rowCount, size_t width);

/// x = (float)((x - mean) / scale) in double precision; NaN becomes 0.
void jl_standardise(
    float *rows, const double *means, const double *scales, size_t rowCount, size_t width);

/// Copies the rows `indices[0]`, `indices[1]` … one behind the other.
void jl_copy_rows(
    float *out, const float *rows, const uint32_t *indices, size_t indexCount, size_t width);

// MARK: The logistic function (logistic.c)

/// e to the power of x, within 1 unit in the last place of a double; 0 below -708, infinity above
/// 709.
double jl_exp(double x);

/// The natural logarithm of a positive normal number, within 2 units in the last place.
double jl_log(double x);

/// out[i] = 1 / (1 + e^-logits[i]).
void jl_probabilities(double *out, const float *logits, size_t count);

/// values[i] = (float)((probability(values[i]) - labels[indices[i]]) * scale): from the logits of
/// rows to the derivatives of their log losses, in place.
void jl_residuals_of_rows(
    float *values, const float *labels, const uint32_t *indices, double scale, size_t count);

/// The sum of the log losses ln(1 + e^z) - label * z, for labels 0 and 1, from the first to the
/// last.
double jl_log_loss_of_logits(const float *logits, const float *labels, size_t count);

/// The sum of -ln p where the label is not 0 and of -ln(1 - p) where it is, p clamped to
/// [1e-15, 1 - 1e-15], from the first to the last.
double jl_log_loss(const double *probabilities, const uint8_t *labels, size_t count);

// MARK: Text (scan.c)

/// The index of the first byte that means something to a CSV reader outside quotes: the delimiter,
/// a quote, a line feed, a carriage return or a zero; or `count`. Sets `*high` to 1 if a byte
/// before it is beyond ASCII, and leaves it otherwise.
size_t jl_scan_field(const uint8_t *bytes, size_t count, uint8_t delimiter, uint8_t *high);

/// The same within quotes: a quote, a line feed, a carriage return or a zero.
size_t jl_scan_quoted(const uint8_t *bytes, size_t count, uint8_t *high);

/// Reads an unsigned decimal of at most 19 digits, with an optional fraction and exponent, whose
/// value one double operation can give exactly rounded (Clinger, *How to Read Floating Point
/// Numbers Accurately*, PLDI 1990, §5). Returns 1 and the value, or 0 where the text is something
/// else or needs more care.
int jl_parse_decimal(const uint8_t *text, size_t count, double *value);

/// The 64-bit FNV-1a hash of Fowler, Noll and Vo, its bits mixed by the finaliser of SplitMix64.
uint64_t jl_hash(const uint8_t *bytes, size_t count);

// MARK: Networks (network.c)

// `rows` is a matrix of `rowCount` × `width`; what is called in place replaces its argument.

/// Adds `bias`, of `width` elements, to each row.
void jl_add_to_rows(float *rows, const float *bias, size_t rowCount, size_t width);

/// max(x, 0) in place.
void jl_relu(float *x, size_t count);
/// deltas[i] where the output of jl_relu is above 0, and 0 elsewhere.
void jl_relu_derivative(float *deltas, const float *outputs, size_t count);

/// The hyperbolic tangent in place, within 4 units in the last place.
void jl_tanh(float *x, size_t count);
/// deltas[i] * (1 - outputs[i]²).
void jl_tanh_derivative(float *deltas, const float *outputs, size_t count);

/// y = y + scale * (each row), from the first row to the last.
void jl_add_scaled_row_sums(
    float *y, float scale, const float *rows, size_t rowCount, size_t width);

/// y = scale * y.
void jl_scale(float *y, float scale, size_t count);

/// y[i] = y[i] + scale * (a[i] - b[i]).
void jl_add_scaled_difference(
    float *y, float scale, const float *a, const float *b, size_t count);

/// For each row e^(z - max) over their sum.
void jl_softmax(double *out, const float *logits, size_t rowCount, size_t width);

// From the outputs of a network to the derivatives of its loss, times `scale`, in place. `scratch`
// has as many elements as there are outputs.

/// Cross entropy of the softmax; `classes` holds integers below `width`.
void jl_softmax_residuals(
    float *values, double *scratch, const float *classes, double scale, size_t rowCount,
    size_t width);
/// Log loss of the logistic function; labels are 0 or 1.
void jl_logistic_residuals(
    float *values, double *scratch, const float *labels, double scale, size_t count);
/// Half the squared error.
void jl_linear_residuals(float *values, const float *targets, double scale, size_t count);

/// The sum over the rows of -ln of the probability of the row's class, which is at least 1e-15.
double jl_cross_entropy(
    const double *probabilities, const float *classes, size_t rowCount, size_t width);

// MARK: Trees (trees.c)

// Rows come as bins, one byte for each input: how many of the input's edges are below the value, or
// 255 where it is missing.

/// The values of a column that are not NaN, ascending; -0 becomes 0. `out` and `scratch` have room
/// for all rows. Returns how many there are.
size_t jl_sorted_column(
    float *out, float *scratch, const float *rows, size_t column, size_t rowCount, size_t width);

/// The edges of input j stand from starts[j] to starts[j + 1], ascending, at most 254 of them.
void jl_bin_rows(
    uint8_t *bins, const float *rows, const float *edges, const uint32_t *starts, size_t rowCount,
    size_t width);

/// For each row the leaf where it ends, from node 0. `inputs` is negative at a leaf; elsewhere a
/// row whose bin is at most `splits` goes to `left`, and others to the node behind it.
void jl_tree_leaves(
    uint32_t *nodes, const uint8_t *bins, const int32_t *inputs, const uint8_t *splits,
    const uint8_t *missingLeft, const uint32_t *left, size_t rowCount, size_t width);

/// scores[row * stride] = itself + values[nodes[row]].
void jl_add_leaf_values(
    double *scores, size_t stride, const uint32_t *nodes, const double *values, size_t rowCount);

// The first and second derivatives of a row's loss by its score, rounded to multiples of 2^-30.

void jl_logistic_gradients(
    double *gradients, double *hessians, const double *scores, const float *labels, size_t count);
/// By the score of the class `chosen`; `scores` has `width` elements for each row.
void jl_softmax_gradients(
    double *gradients, double *hessians, const double *scores, const float *classes, size_t chosen,
    size_t rowCount, size_t width);
/// Of half the squared error of (answer - mean) / scale.
void jl_linear_gradients(
    double *gradients, double *hessians, const double *scores, const float *answers, double mean,
    double scale, size_t count);

/// Adds each row to the slots of its bins. The slots of input j stand from offsets[j] to
/// offsets[j + 1], that of missing values last; those of a node from places[node] * offsets[width],
/// and a row whose node has a negative place is passed over.
void jl_tree_histograms(
    double *gradientSums, double *hessianSums, double *counts, const uint8_t *bins,
    const uint32_t *nodes, const int32_t *places, const double *gradients, const double *hessians,
    const uint32_t *offsets, size_t rowCount, size_t width);

// MARK: Clusters and counts (clusters.c)

/// For each row the centre that is nearest by the squared distance, the first of equals. Returns
/// the sum of these distances, from the first row to the last.
double jl_nearest_centres(
    uint32_t *nearest, const float *rows, const double *centres, size_t rowCount, size_t width,
    size_t centreCount);

/// Adds each row to the sum and the count of its centre.
void jl_cluster_sums(
    double *sums, double *counts, const float *rows, const uint32_t *nearest, size_t rowCount,
    size_t width);

/// The least and the greatest value of a column that is not NaN; 0 and 0 where there is none.
void jl_column_range(
    double *low, double *high, const float *rows, size_t column, size_t rowCount, size_t width);

/// Counts the values of a column that are not NaN: bin i holds what is at least edges[i] and below
/// edges[i + 1], the first bin also what is below, the last also what is above.
void jl_column_histogram(
    double *counts, const float *rows, const double *edges, size_t binCount, size_t column,
    size_t rowCount, size_t width);

// MARK: What trainers return (differences.c)

/// out = memory - base, or memory where there is no base. Returns whether all of it is finite.
///
/// Another process may write to `memory` meanwhile: what is returned is true of `out`. `memory` and
/// `base` may begin at any byte. `streams` passes the caches by, which is quicker for what does not
/// fit into them.
int jl_difference_f32(
    float *out, const volatile void *memory, const void *_Nullable base, size_t count, int streams);
int jl_difference_f64(
    double *out, const volatile void *memory, const void *_Nullable base, size_t count,
    int streams);

#pragma clang assume_nonnull end

#endif
