// Compiled once per instruction set, with LABELAUDIT_SET (the table's name), LABELAUDIT_SET_NAME and LABELAUDIT_LANES.
#include "dense_kernels.hpp"

namespace labelaudit {
namespace {

constexpr std::int64_t lanes = LABELAUDIT_LANES;
// A register tile of tile_rows x (2 vectors): 12 accumulators of 16 registers, or 16 of 32 with 8 lanes.
constexpr std::int64_t tile_rows = lanes == 8 ? 8 : 4;
constexpr std::int64_t tile_cols = 2 * lanes;
static_assert(padding % tile_cols == 0 && padding % tile_rows == 0);

typedef double Vec __attribute__((vector_size(lanes * sizeof(double))));
typedef double UnalignedVec __attribute__((vector_size(lanes * sizeof(double)), aligned(sizeof(double))));
typedef float UnalignedHalf __attribute__((vector_size(lanes * sizeof(float)), aligned(sizeof(float))));

Vec load(const double* p) {
    return *reinterpret_cast<const UnalignedVec*>(p);
}
Vec load(const float* p) {
    return __builtin_convertvector(*reinterpret_cast<const UnalignedHalf*>(p), Vec);
}
void store(double* p, Vec v) {
    *reinterpret_cast<UnalignedVec*>(p) = v;
}

double total(Vec v) {
    double sum = 0;
    for (std::int64_t i = 0; i < lanes; ++i) sum += v[i];
    return sum;
}

std::int64_t padded(std::int64_t n, std::int64_t step) {
    return (n + step - 1) / step * step;
}

// acc = sum over k of a[k, :tile_rows]^T b[k, :tile_cols], both packed.
struct Tile {
    Vec acc[tile_rows][2];
};

inline Tile multiply(const double* a, const double* b, std::int64_t depth) {
    Tile t{};
    for (std::int64_t k = 0; k < depth; ++k) {
        const Vec b0 = load(b + k * tile_cols), b1 = load(b + k * tile_cols + lanes);
#pragma GCC unroll 8
        for (std::int64_t i = 0; i < tile_rows; ++i) {
            const double s = a[k * tile_rows + i];
            t.acc[i][0] += s * b0;
            t.acc[i][1] += s * b1;
        }
    }
    return t;
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
        for (std::int64_t i = 0; i < rows; ++i) out[i] = dot(x + i * cols, theta, cols);
        return;
    }
    const std::int64_t width = padded(outputs, tile_cols);
    for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t c = 0; c < width; ++c) scratch[j * width + c] = c < outputs ? theta[j * outputs + c] : 0;
    for (std::int64_t i = 0; i < rows; ++i)
        forward_tile(x + i * cols, cols, scratch, width, outputs, out + i * outputs);
}

// Adds `count` (1 to 4) rows at once, so that out is loaded and stored once for all of them.
template <int count, class T>
void add_rows(const T* x, std::int64_t cols, const double* r, double* out) {
    std::int64_t j = 0;
    for (; j + lanes <= cols; j += lanes) {
        Vec sum = load(out + j);
        for (int i = 0; i < count; ++i) sum += r[i] * load(x + i * cols + j);
        store(out + j, sum);
    }
    for (; j < cols; ++j)
        for (int i = 0; i < count; ++i) out[j] += r[i] * static_cast<double>(x[i * cols + j]);
}

template <class T>
void add_backward(const T* x, std::int64_t rows, std::int64_t cols, const double* r, std::int64_t outputs,
                  double* out) {
    std::int64_t i = 0;
    if (outputs == 1) {
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

// Packs x (rows x cols, scaled by w[i * stride] where given) into tiles of `step` columns: tile, row, column in tile.
template <class T>
void pack(const T* x, std::int64_t rows, std::int64_t cols, const double* w, std::int64_t stride, std::int64_t step,
          double* out) {
    for (std::int64_t j = 0; j < cols; j += step)
        for (std::int64_t i = 0; i < rows; ++i) {
            const double scale = w ? w[i * stride] : 1.0;
            for (std::int64_t q = 0; q < step; ++q)
                *out++ = j + q < cols ? scale * static_cast<double>(x[i * cols + j + q]) : 0.0;
        }
}

inline void add_upper(const Tile& t, std::int64_t i0, std::int64_t j0, std::int64_t cols, double* out) {
    for (std::int64_t i = 0; i < tile_rows && i0 + i < cols; ++i)
        for (std::int64_t j = 0; j < tile_cols && j0 + j < cols; ++j)
            if (j0 + j >= i0 + i) out[(i0 + i) * cols + j0 + j] += t.acc[i][j / lanes][j % lanes];
}

template <class T>
void add_gram(const T* x, std::int64_t rows, std::int64_t cols, const double* w, std::int64_t pairs, double* out,
              double* scratch) {
    double* right = scratch;
    double* left = scratch + panel_rows * padded(cols, padding);
    for (std::int64_t start = 0; start < rows; start += panel_rows) {
        const std::int64_t depth = rows - start < panel_rows ? rows - start : panel_rows;
        const T* panel = x + start * cols;
        pack(panel, depth, cols, nullptr, 0, tile_cols, right);
        for (std::int64_t p = 0; p < pairs; ++p) {
            pack(panel, depth, cols, w + start * pairs + p, pairs, tile_rows, left);
            for (std::int64_t j = 0; j < cols; j += tile_cols)
                for (std::int64_t i = 0; i < cols && i < j + tile_cols; i += tile_rows)
                    add_upper(multiply(left + i * depth, right + j * depth, depth), i, j, cols, out + p * cols * cols);
        }
    }
}

// Packs the transpose of up to tile_rows rows: column, row in tile.
template <class T>
void pack_rows(const T* x, std::int64_t rows, std::int64_t cols, double* out) {
    for (std::int64_t j = 0; j < cols; ++j)
        for (std::int64_t i = 0; i < tile_rows; ++i) *out++ = i < rows ? static_cast<double>(x[i * cols + j]) : 0.0;
}

template <class T>
void quadratic(const T* x, std::int64_t rows, std::int64_t cols, const double* m, std::int64_t pairs, double* out,
               double* scratch) {
    double* right = scratch;
    double* left = scratch + cols * padded(cols, padding);
    for (std::int64_t p = 0; p < pairs; ++p) {
        pack(m + p * cols * cols, cols, cols, nullptr, 0, tile_cols, right);
        for (std::int64_t start = 0; start < rows; start += tile_rows) {
            const std::int64_t here = rows - start < tile_rows ? rows - start : tile_rows;
            pack_rows(x + start * cols, here, cols, left);
            for (std::int64_t i = 0; i < here; ++i) out[(start + i) * pairs + p] = 0;
            for (std::int64_t j = 0; j < cols; j += tile_cols) {
                const Tile t = multiply(left, right + j * cols, cols);
                for (std::int64_t i = 0; i < here; ++i)
                    for (std::int64_t q = 0; q < tile_cols && j + q < cols; ++q)
                        out[(start + i) * pairs + p] +=
                            t.acc[i][q / lanes][q % lanes] * static_cast<double>(x[(start + i) * cols + j + q]);
            }
        }
    }
}

template <class T>
constexpr DenseKernels<T> kernels = {forward<T>, add_backward<T>, add_gram<T>, quadratic<T>};

}  // namespace

const InstructionSet LABELAUDIT_SET = {LABELAUDIT_SET_NAME, kernels<double>, kernels<float>};

}  // namespace labelaudit
