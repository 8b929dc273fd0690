// The upper triangle of x^T diag(w) x. Internal linkage, as in vectors.hpp.
//
// Rows are packed some at a time, as the tiles read them: what a tile's sums cost to load and store is then little
// beside its products, and all that it reads stands in the nearest cache.
#pragma once

#include "instruction_set.hpp"
#include "register_tiles.hpp"
#include "vectors.hpp"

namespace labelaudit {
namespace {

Vec counting() {
    Vec v{};
    for (std::int64_t i = 0; i < lanes; ++i) v[i] = static_cast<double>(i);
    return v;
}

// Adds one vector of row i, at columns from j on, to the upper triangle.
inline void add_upper(Vec sum, std::int64_t i, std::int64_t j, std::int64_t cols, double* row) {
    if (j + lanes > cols) {
        for (std::int64_t q = 0; j + q < cols; ++q)
            if (j + q >= i) row[j + q] += sum[q];
        return;
    }
    if (j < i) sum = counting() >= Vec{} + static_cast<double>(i - j) ? sum : Vec{};
    store(row + j, load(row + j) + sum);
}

template <int width>
inline void add_tile(const Tile<width>& t, std::int64_t i, std::int64_t v, std::int64_t cols, double* out) {
    const std::int64_t j = v * lanes;
    const bool inside = i + tile_rows <= j + 1 && j + width * lanes <= cols;  // all of it above the diagonal
    for (std::int64_t a = 0; a < tile_rows && i + a < cols; ++a) {
        double* row = out + (i + a) * cols;
        for (int b = 0; b < width; ++b) {
            if (inside)
                store(row + j + b * lanes, load(row + j + b * lanes) + t.acc[a][b]);
            else
                add_upper(t.acc[a][b], i + a, j + b * lanes, cols, row);
        }
    }
}

// A panel of rows, packed as tiles read them: groups of one to three vectors of every row for the right side, and
// tile_rows columns of every row, times its weight, for the left. Eight numbers between them keep them apart in caches.
std::int64_t group_at(std::int64_t v, std::int64_t depth) {
    return v * (lanes * depth + 8);
}
std::int64_t left_at(std::int64_t i, std::int64_t depth) {
    return i / tile_rows * (tile_rows * depth + 8);
}

// The first n numbers of x, and zeros.
template <class T>
Vec first_of(const T* x, std::int64_t n) {
    Vec v{};
    for (std::int64_t q = 0; q < n && q < lanes; ++q) v[q] = static_cast<double>(x[q]);
    return v;
}

// Vectors that reach beyond a row hold numbers of the next, which take part in sums of columns that are not there;
// beyond the last row there is nothing to read.
template <class T>
void pack_right(const T* x, std::int64_t depth, std::int64_t cols, double* right) {
    each_tile(0, padded(cols, lanes) / lanes, [&](std::int64_t v, auto width) {
        constexpr int n = decltype(width)::value;
        const std::int64_t j = v * lanes, beyond = j + n * lanes > cols ? (j + n * lanes - 1) / cols : 0;
        const std::int64_t whole = depth > beyond ? depth - beyond : 0;
        double* to = right + group_at(v, depth);
        for (std::int64_t k = 0; k < whole; ++k)
            for (int b = 0; b < n; ++b, to += lanes) store(to, load(x + k * cols + j + b * lanes));
        for (std::int64_t k = whole; k < depth; ++k)
            for (int b = 0; b < n; ++b, to += lanes) {
                const std::int64_t at = k * cols + j + b * lanes, left = depth * cols - at;
                store(to, first_of(x + (left > 0 ? at : 0), left));
            }
    });
}

// From what is packed for the right side.
void pack_left(const double* right, std::int64_t depth, std::int64_t cols, const double* w, std::int64_t step,
               double* left) {
    each_tile(0, padded(cols, lanes) / lanes, [&](std::int64_t v, auto width) {
        constexpr int n = decltype(width)::value;
        const double* from = right + group_at(v, depth);
        double* to[n];
        for (int b = 0; b < n; ++b) to[b] = left + left_at((v + b) * lanes, depth) + (v + b) * lanes % tile_rows;
        for (std::int64_t k = 0; k < depth; ++k)
            for (int b = 0; b < n; ++b, from += lanes) store(to[b] + k * tile_rows, w[k * step] * load(from));
    });
}

// Calls f with the width that n is.
template <class F>
inline void with_width(std::int64_t n, F f) {
    if (n == 1)
        f(Width<1>{});
    else if (n == 2)
        f(Width<2>{});
    else
        f(Width<3>{});
}

// Of the upper triangle of a gram: calls f with every first column on the left, and with vectors first .. v + n of the
// group of n vectors from v on.
template <class F>
inline void each_upper_tile(std::int64_t cols, F f) {
    each_tile(0, padded(cols, lanes) / lanes, [&](std::int64_t v, auto width) {
        constexpr std::int64_t n = decltype(width)::value;
        for (std::int64_t i = 0; i < cols && i < (v + n) * lanes; i += tile_rows) {
            const std::int64_t first = i / lanes > v ? i / lanes : v;
            f(i, first, v, n);
        }
    });
}

template <class T>
void add_gram(const T* x, std::int64_t rows, std::int64_t cols, const double* w, std::int64_t pairs, double* out,
              double* scratch) {
    double *right = aligned(scratch), *left = right + (gram_scratch(cols) - 8) / 2;
    std::int64_t tiles = 0;
    each_upper_tile(cols, [&](auto...) { ++tiles; });
    for (std::int64_t start = 0; start < rows; start += gram_rows) {
        const std::int64_t depth = rows - start < gram_rows ? rows - start : gram_rows;
        const std::int64_t row = cols * static_cast<std::int64_t>(sizeof(T));
        Ahead ahead{reinterpret_cast<const char*>(x + depth * cols), row / (pairs * tiles) + 1};
        pack_right(x, depth, cols, right);
        for (std::int64_t p = 0; p < pairs; ++p) {
            pack_left(right, depth, cols, w + start * pairs + p, pairs, left);
            each_upper_tile(cols, [&](std::int64_t i, std::int64_t first, std::int64_t v, std::int64_t n) {
                const double *a = left + left_at(i, depth), *b = right + group_at(v, depth) + (first - v) * lanes;
                with_width(v + n - first, [&](auto width) {
                    constexpr int count = decltype(width)::value;
                    add_tile(multiply<count>(a, tile_rows, 1, b, n * lanes, depth, ahead), i, first, cols,
                             out + p * cols * cols);
                });
                ahead.next += depth * ahead.step;
            });
        }
        x += depth * cols;
    }
}

}  // namespace
}  // namespace labelaudit
