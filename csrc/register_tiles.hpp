// Matrix products in registers. Internal linkage, as in vectors.hpp.
#pragma once

#include "instruction_set.hpp"
#include "vectors.hpp"

namespace labelaudit {
namespace {

// The first place from p on where a cache line begins: at most 8 numbers further.
double* aligned(double* p) {
    return p + (64 - reinterpret_cast<std::uintptr_t>(p) % 64) % 64 / sizeof(double);
}

// A register tile of tile_rows x (up to 3 vectors): 12 accumulators of 16 registers, or 24 of 32 with 8 lanes.
constexpr std::int64_t tile_rows = lanes == 8 ? 8 : 4;
constexpr std::int64_t tile_cols = 2 * lanes;
static_assert(padding % tile_cols == 0 && padding % tile_rows == 0);

template <int n>
struct Width {
    static constexpr int value = n;
};

// acc = sum over k of a[k, :tile_rows]^T b[k, :width vectors]; a steps from row to row by a_row, within one by a_col.
template <int width>
struct Tile {
    Vec acc[tile_rows][width];
};

// Register by register, where the compiler would clear memory first.
template <int width>
inline void clear(Tile<width>& t) {
#pragma GCC unroll 8
    for (auto& row : t.acc)
        for (int v = 0; v < width; ++v) row[v] = Vec{};
}

template <int width>
inline void add_product(const double* a, std::int64_t a_col, const double* b, Tile<width>& t) {
    Vec right[width];
    for (int v = 0; v < width; ++v) right[v] = load(b + v * lanes);
#pragma GCC unroll 8
    for (std::int64_t i = 0; i < tile_rows; ++i)
        for (int v = 0; v < width; ++v) t.acc[i][v] += a[i * a_col] * right[v];
}

// Memory to ask for meanwhile: so many bytes with every step.
struct Ahead {
    const char* next;
    std::int64_t step;
};

template <int width>
inline Tile<width> multiply(const double* a, std::int64_t a_row, std::int64_t a_col, const double* b,
                            std::int64_t stride, std::int64_t depth, Ahead ahead = {nullptr, 0}) {
    Tile<width> t;
    clear(t);
    std::int64_t k = 0;
    if constexpr (tile_rows * width < 8) {  // so few sums would wait for each other: twice as many
        Tile<width> odd;
        clear(odd);
        for (; k + 1 < depth; k += 2, a += 2 * a_row, b += 2 * stride) {
            if (ahead.next) __builtin_prefetch(ahead.next += 2 * ahead.step);
            add_product(a, a_col, b, t);
            add_product(a + a_row, a_col, b + stride, odd);
        }
        for (std::int64_t i = 0; i < tile_rows; ++i)
            for (int v = 0; v < width; ++v) t.acc[i][v] += odd.acc[i][v];
    }
    for (; k < depth; ++k, a += a_row, b += stride) {
        if (ahead.next) __builtin_prefetch(ahead.next += ahead.step);
        add_product(a, a_col, b, t);
    }
    return t;
}

// Calls f with every first vector and the width of the tiles that cover vectors first .. count, none wider than three.
template <class F>
inline void each_tile(std::int64_t first, std::int64_t count, F f) {
    while (first < count) {
        const std::int64_t left = count - first;
        if (left == 1)
            f(first++, Width<1>{});
        else if (left == 2 || left == 4) {
            f(first, Width<2>{});
            first += 2;
        } else {
            f(first, Width<3>{});
            first += 3;
        }
    }
}

}  // namespace
}  // namespace labelaudit
