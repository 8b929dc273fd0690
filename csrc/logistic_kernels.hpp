// The logistic function over arrays, in vectors. Internal linkage, as in vectors.hpp.
//
// exp and log1p are polynomials: the results are within 4 units in the last place where they are normal numbers, and
// come in the same order of operations on every lane, so that a value's bits do not depend on its place in the array.
#pragma once

#include "vectors.hpp"

namespace labelaudit {
namespace {

typedef std::int64_t Bits __attribute__((vector_size(lanes * sizeof(std::int64_t))));

Vec all(double value) {
    return Vec{} + value;
}

constexpr double taylor[] = {
    1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720,
    1.0 / 120,       1.0 / 24,       1.0 / 6,       0.5,          1.0,         1.0};

// exp(-a) for a >= 0, by powers of two and Taylor's series on half a unit of log 2; 0 from where it is no normal
// number.
Vec exp_of_minus(Vec a) {
    constexpr double shift = 0x1.8p52;  // adding it rounds to an integer, which then stands in the last bits
    constexpr double log2_high = 0x1.62e42fefa38p-1, log2_low = 0x1.ef35793c7673p-45;
    const Vec clipped = a > all(708.0) ? all(708.0) : a;  // NaN stays
    const Vec shifted = clipped * 0x1.71547652b82fep0 + shift;
    const Vec n = shifted - shift;
    const Vec r = n * log2_high - clipped + n * log2_low;
    Vec sum = all(1.0 / 6227020800);
    for (const double c : taylor) sum = sum * r + c;
    const Bits exponent = (Bits{} + 1023 - ((Bits)shifted - (Bits)all(shift))) << 52;
    const Vec value = sum * (Vec)exponent;
    return a > all(708.0) ? Vec{} : value;
}

// log(1 + e) for 0 <= e <= 1: twice the area tangent of s = e / (2 + e), which is at most a third.
Vec log1p_of(Vec e) {
    const Vec s = e / (e + 2.0), square = s * s;
    Vec sum = all(1.0 / 35);
    for (std::int64_t k = 33; k > 0; k -= 2) sum = sum * square + 1.0 / static_cast<double>(k);
    return 2.0 * s * sum;
}

struct Logistic {
    Vec p;         // 1 / (1 + exp(-z))
    Vec softplus;  // log(1 + exp(z)), if asked for
};

template <bool with_softplus>
Logistic logistic(Vec z) {
    const Vec size = z < Vec{} ? -z : z, e = exp_of_minus(size);
    const Vec p = (z < Vec{} ? e : all(1.0)) / (1.0 + e);
    if constexpr (!with_softplus) return {p, p};
    return {p, (z > Vec{} ? z : z < Vec{} ? Vec{} : z) + log1p_of(e)};
}

// The first n values of p, and zeros.
Vec load_some(const double* p, std::int64_t n) {
    if (n >= lanes) return load(p);
    Vec v{};
    for (std::int64_t i = 0; i < n; ++i) v[i] = p[i];
    return v;
}
void store_some(double* p, Vec v, std::int64_t n) {
    if (n >= lanes) return store(p, v);
    for (std::int64_t i = 0; i < n; ++i) p[i] = v[i];
}

void sigmoids(const double* z, std::int64_t n, double* out) {
    for (std::int64_t i = 0; i < n; i += lanes) store_some(out + i, logistic<false>(load_some(z + i, n - i)).p, n - i);
}

// out = w (sigmoid(z) - t) of as many values as there are lanes; returns w (log(1 + exp(z)) - t z).
Vec residuals_of(const double* z, const double* t, const double* w, double* out) {
    const Vec zi = load(z), ti = load(t), wi = load(w);
    const Logistic at = logistic<true>(zi);
    store(out, wi * (at.p - ti));
    return wi * (at.softplus - ti * zi);
}

double residuals(const double* z, const double* t, const double* w, std::int64_t n, double* out) {
    Vec loss{};
    for (std::int64_t i = 0; i < n; i += lanes) {
        const Vec zi = load_some(z + i, n - i), ti = load_some(t + i, n - i), wi = load_some(w + i, n - i);
        const Logistic at = logistic<true>(zi);
        store_some(out + i, wi * (at.p - ti), n - i);
        loss += wi * (at.softplus - ti * zi);
    }
    return total(loss);
}

void exponentials(double* z, std::int64_t n) {
    for (std::int64_t i = 0; i < n; i += lanes) store_some(z + i, exp_of_minus(-load_some(z + i, n - i)), n - i);
}

}  // namespace
}  // namespace labelaudit
