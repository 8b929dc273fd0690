// Vectors of LABELAUDIT_LANES float64. Everything has internal linkage: each instruction set compiles its own copy.
#pragma once

#include <cstdint>

namespace labelaudit {
namespace {

constexpr std::int64_t lanes = LABELAUDIT_LANES;

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

}  // namespace
}  // namespace labelaudit
