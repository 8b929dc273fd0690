// Compiled once per instruction set, with LABELAUDIT_SET (the table's name), LABELAUDIT_SET_NAME and LABELAUDIT_LANES.
#include "gram_kernel.hpp"
#include "instruction_set.hpp"
#include "logistic_kernels.hpp"
#include "register_tiles.hpp"
#include "vectors.hpp"

namespace labelaudit {
namespace {

constexpr std::int64_t few_columns = 32;  // for which the end of a sum over a row costs as much as the sum

template <class T>
void prefetch(const T* x, std::int64_t count) {
    constexpr std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
    for (std::int64_t k = 0; k < count; k += line) __builtin_prefetch(x + k);
}

// Asks for the memory that is read next but a little: while a row is worked on, the processor would not by itself.
template <class T>
void prefetch_after(const T* x, std::int64_t cols) {
    constexpr std::int64_t ahead = 2048 / static_cast<std::int64_t>(sizeof(T));  // measured
    prefetch(x + ahead, cols);
}

template <class T>
double dot(const T* x, const double* theta, std::int64_t n) {
    Vec s0{}, s1{}, s2{}, s3{};
    std::int64_t j = 0;
    for (; j + 4 * lanes <= n; j += 4 * lanes) {
        s0 += load(x + j) * load(theta + j);
        s1 += load(x + j + lanes) * load(theta + j + lanes);
        s2 += load(x + j + 2 * lanes) * load(theta + j + 2 * lanes);
        s3 += load(x + j + 3 * lanes) * load(theta + j + 3 * lanes);
    }
    for (; j + lanes <= n; j += lanes) s0 += load(x + j) * load(theta + j);
    double rest = 0;
    for (; j < n; ++j) rest += static_cast<double>(x[j]) * theta[j];
    return total((s0 + s1) + (s2 + s3)) + rest;
}

// Of rows of few columns, some at a time: theta is loaded once for all of them, and no sum waits for another. A row's
// is the same whatever stands beside it.
template <int count, class T>
void dots_of_few(const T* x, const double* theta, std::int64_t n, double* out) {
    Vec sums[count]{};
    double rest[count]{};
    std::int64_t j = 0;
    for (; j + lanes <= n; j += lanes)
        for (int i = 0; i < count; ++i) sums[i] += load(x + i * n + j) * load(theta + j);
    for (; j < n; ++j)
        for (int i = 0; i < count; ++i) rest[i] += static_cast<double>(x[i * n + j]) * theta[j];
    for (int i = 0; i < count; ++i) out[i] = total(sums[i]) + rest[i];
}

// One row times theta for several outputs; theta padded to a multiple of tile_cols columns.
template <class T>
void forward_tile(const T* x, std::int64_t cols, const double* theta, std::int64_t width, std::int64_t outputs,
                  double* out) {
    for (std::int64_t c = 0; c < outputs; c += tile_cols) {
        Vec even[2]{}, odd[2]{};  // two chains, so that one addition need not wait for the last
        std::int64_t j = 0;
        for (; j + 1 < cols; j += 2) {
            const double *first = theta + j * width + c, *second = first + width;
            const double a = static_cast<double>(x[j]), b = static_cast<double>(x[j + 1]);
            even[0] += a * load(first);
            even[1] += a * load(first + lanes);
            odd[0] += b * load(second);
            odd[1] += b * load(second + lanes);
        }
        for (; j < cols; ++j) {
            const double a = static_cast<double>(x[j]);
            even[0] += a * load(theta + j * width + c);
            even[1] += a * load(theta + j * width + c + lanes);
        }
        const Vec sums[2] = {even[0] + odd[0], even[1] + odd[1]};
        for (std::int64_t i = 0; i < tile_cols && c + i < outputs; ++i) out[c + i] = sums[i / lanes][i % lanes];
    }
}

template <class T>
void forward(const T* x, std::int64_t rows, std::int64_t cols, const double* theta, std::int64_t outputs, double* out,
             double* scratch) {
    if (outputs == 1) {
        std::int64_t i = 0;
        for (; cols <= few_columns && i + 4 <= rows; i += 4) {
            prefetch_after(x + i * cols, 4 * cols);
            dots_of_few<4>(x + i * cols, theta, cols, out + i);
        }
        for (; cols <= few_columns && i < rows; ++i) dots_of_few<1>(x + i * cols, theta, cols, out + i);
        for (; i < rows; ++i) {
            prefetch_after(x + i * cols, cols);
            out[i] = dot(x + i * cols, theta, cols);
        }
        return;
    }
    const std::int64_t width = padded(outputs, tile_cols);
    for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t c = 0; c < width; ++c) scratch[j * width + c] = c < outputs ? theta[j * outputs + c] : 0;
    for (std::int64_t i = 0; i < rows; ++i)
        forward_tile(x + i * cols, cols, scratch, width, outputs, out + i * outputs);
}

// Adds `count` rows at once, so that out is loaded and stored once for all of them; every second one apart, so that no
// addition need wait for the last.
template <int count, class T>
void add_rows(const T* x, std::int64_t cols, const double* r, double* out) {
    std::int64_t j = 0;
    for (; j + lanes <= cols; j += lanes) {
        Vec even = load(out + j), odd{};
        for (int i = 0; i < count; i += 2) {
            even += r[i] * load(x + i * cols + j);
            if (i + 1 < count) odd += r[i + 1] * load(x + (i + 1) * cols + j);
        }
        store(out + j, count > 1 ? even + odd : even);
    }
    for (; j < cols; ++j)
        for (int i = 0; i < count; ++i) out[j] += r[i] * static_cast<double>(x[i * cols + j]);
}

template <class T>
void add_backward(const T* x, std::int64_t rows, std::int64_t cols, const double* r, std::int64_t outputs,
                  double* out) {
    std::int64_t i = 0;
    if (outputs == 1) {
        for (; i + logistic_rows <= rows; i += logistic_rows) add_rows<logistic_rows>(x + i * cols, cols, r + i, out);
        for (; i + 4 <= rows; i += 4) add_rows<4>(x + i * cols, cols, r + i, out);
        for (; i < rows; ++i) add_rows<1>(x + i * cols, cols, r + i, out);
        return;
    }
    for (; i < rows; ++i)
        for (std::int64_t j = 0; j < cols; ++j) {
            const double value = static_cast<double>(x[i * cols + j]);
            for (std::int64_t c = 0; c < outputs; ++c) out[j * outputs + c] += value * r[i * outputs + c];
        }
}

std::int64_t least(std::int64_t a, std::int64_t b) {
    return a < b ? a : b;
}

// Copies rows to rows of `stride` that end in zeros.
template <class T>
void copy_rows(const T* x, std::int64_t rows, std::int64_t cols, double* out, std::int64_t stride) {
    for (std::int64_t i = 0; i < rows; ++i, x += cols, out += stride) {
        std::int64_t j = 0;
        for (; j + lanes <= cols; j += lanes) store(out + j, load(x + j));
        if (j < cols) store(out + j, Vec{});
        for (; j < cols; ++j) out[j] = static_cast<double>(x[j]);
    }
}

// m folded into its upper triangle, which gives the same quadratic form: the n vectors of every row from vector v on.
template <int n>
void fold_upper(const double* m, std::int64_t cols, std::int64_t v, std::int64_t depth, double* out) {
    for (std::int64_t i = 0; i < depth; ++i)
        for (std::int64_t j = v * lanes; j < (v + n) * lanes; ++j)
            *out++ = j < i || j >= cols ? 0.0 : j == i ? m[i * cols + i] : m[i * cols + j] + m[j * cols + i];
}

// A panel of rows times a few columns of m, which stay in the nearest cache, and again for the next few.
template <class T>
void quadratic(const T* x, std::int64_t rows, std::int64_t cols, const double* m, std::int64_t pairs, double* out,
               double* scratch) {
    const std::int64_t stride = panel_stride(cols), vectors = padded(cols, lanes) / lanes;
    double *left = aligned(scratch), *folded = left + panel_rows * stride;
    for (std::int64_t p = 0; p < pairs; ++p) {
        each_tile(0, vectors, [&](std::int64_t v, auto width) {
            constexpr int n = decltype(width)::value;
            fold_upper<n>(m + p * cols * cols, cols, v, least((v + n) * lanes, cols), folded + v * lanes * cols);
        });
        for (std::int64_t start = 0; start < rows; start += panel_rows) {
            const std::int64_t here = least(rows - start, panel_rows);
            copy_rows(x + start * cols, here, cols, left, stride);
            Vec sums[panel_rows]{};
            each_tile(0, vectors, [&](std::int64_t v, auto width) {
                constexpr int n = decltype(width)::value;
                const std::int64_t depth = least((v + n) * lanes, cols);
                for (std::int64_t first = 0; first < here; first += tile_rows) {
                    const double* a = left + first * stride;
                    const Tile<n> t = multiply<n>(a, 1, stride, folded + v * lanes * cols, n * lanes, depth);
                    for (std::int64_t i = 0; i < tile_rows; ++i)
                        for (int b = 0; b < n; ++b)
                            sums[first + i] += t.acc[i][b] * load(a + i * stride + (v + b) * lanes);
                }
            });
            for (std::int64_t i = 0; i < here; ++i) out[(start + i) * pairs + p] = total(sums[i]);
        }
    }
}

// A few rows at a time: read for their residuals, and at once again from the nearest cache.
template <class T>
double add_logistic(const T* x, std::int64_t rows, std::int64_t cols, const double* theta, const double* t,
                    const double* w, double* out) {
    constexpr std::int64_t few = logistic_rows;
    static_assert(few % lanes == 0);
    double z[few], r[few], loss = 0;
    std::int64_t i = 0;
    for (; i + few <= rows; i += few) {
        forward(x + i * cols, few, cols, theta, 1, z, nullptr);
        Vec losses{};
        for (std::int64_t a = 0; a < few; a += lanes) losses += residuals_of(z + a, t + i + a, w + i + a, r + a);
        loss += total(losses);
        add_rows<few>(x + i * cols, cols, r, out);
    }
    if (i < rows) {
        forward(x + i * cols, rows - i, cols, theta, 1, z, nullptr);
        loss += residuals(z, t + i, w + i, rows - i, r);
        add_backward(x + i * cols, rows - i, cols, r, 1, out);
    }
    return loss;
}

template <class T>
constexpr DenseKernels<T> kernels = {forward<T>, add_backward<T>, add_gram<T>, quadratic<T>, add_logistic<T>};

}  // namespace

const InstructionSet LABELAUDIT_SET = {
    LABELAUDIT_SET_NAME, kernels<double>, kernels<float>, {sigmoids, residuals, exponentials}};

}  // namespace labelaudit
