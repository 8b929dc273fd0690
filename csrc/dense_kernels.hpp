// The dense kernels as compiled once per instruction set: a table of plain functions over pointers.
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
};

struct InstructionSet {
    const char* name;
    DenseKernels<double> f64;
    DenseKernels<float> f32;
};

// Rows that gram and quadratic pack at a time, and the widest multiple that packed columns are padded to.
inline constexpr std::int64_t panel_rows = 64;
inline constexpr std::int64_t padding = 16;

extern const InstructionSet baseline_kernels;
#ifdef LABELAUDIT_X86_SETS
extern const InstructionSet avx2_kernels;
extern const InstructionSet avx512_kernels;
#endif

}  // namespace labelaudit
