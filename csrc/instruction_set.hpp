// The dense kernels and the logistic function as compiled once per instruction set: tables of plain functions over
// pointers, and the choice among them at run time.
//
// The per-set source includes nothing with inline functions of external linkage: the linker would be free to
// keep the widest copy of such a function and run it on a processor that lacks those instructions.
#pragma once

#include <cstdint>

namespace labelaudit {

template <class T>
struct DenseKernels {
    void (*forward)(const T* x, std::int64_t rows, std::int64_t cols, const double* theta, std::int64_t outputs,
                    double* out, double* scratch);
    void (*add_backward)(const T* x, std::int64_t rows, std::int64_t cols, const double* r, std::int64_t outputs,
                         double* out);
    void (*add_gram)(const T* x, std::int64_t rows, std::int64_t cols, const double* w, std::int64_t pairs, double* out,
                     double* scratch);
    void (*quadratic)(const T* x, std::int64_t rows, std::int64_t cols, const double* m, std::int64_t pairs,
                      double* out, double* scratch);
    double (*add_logistic)(const T* x, std::int64_t rows, std::int64_t cols, const double* theta, const double* t,
                           const double* w, double* out);
};

struct LogisticKernels {
    // out = 1 / (1 + exp(-z))
    void (*sigmoids)(const double* z, std::int64_t n, double* out);
    // out = w (sigmoid(z) - t); returns the sum of w (log(1 + exp(z)) - t z)
    double (*residuals)(const double* z, const double* t, const double* w, std::int64_t n, double* out);
    // z = exp(z), for z <= 0
    void (*exponentials)(double* z, std::int64_t n);
};

struct InstructionSet {
    const char* name;
    DenseKernels<double> f64;
    DenseKernels<float> f32;
    LogisticKernels logistic;
};

// The one in use.
const InstructionSet& instructions();

// Rows that the logistic gradient takes at a time, of which the losses are added up first.
inline constexpr std::int64_t logistic_rows = 16;

// Rows that are laid out at a time, and the widest multiple that packed columns are padded to.
inline constexpr std::int64_t panel_rows = 64;
inline constexpr std::int64_t padding = 16;

// Rows that a gram packs at a time, and numbers of scratch that it packs them to.
inline constexpr std::int64_t gram_rows = 128;
constexpr std::int64_t gram_scratch(std::int64_t cols) {
    return 2 * (gram_rows + 4) * ((cols + padding - 1) / padding * padding) + 8;
}

// From one packed row to the next: an odd number of cache lines, so that a column's cells do not share one cache set.
constexpr std::int64_t panel_stride(std::int64_t cols) {
    return (cols + padding - 1) / padding * padding + 8;
}

// Numbers of scratch of a quadratic form: a panel of rows, and the folded matrix.
constexpr std::int64_t quadratic_scratch(std::int64_t cols) {
    return (panel_rows + cols) * panel_stride(cols) + 8;
}

extern const InstructionSet baseline_kernels;
#ifdef LABELAUDIT_X86_SETS
extern const InstructionSet avx2_kernels;
extern const InstructionSet avx512_kernels;
#endif

}  // namespace labelaudit
