// Matrix functions of a block of rows in compressed sparse rows: the overloads of matrix.hpp for it.
//
// Values are double or float, columns 32 or 64 bits, offsets always 64. Columns increase strictly within a row; whoever
// makes a block has checked that. Compiled for the baseline alone: these loops wait for scattered memory, not for
// arithmetic.
#pragma once

#include <cstdint>
#include <span>

namespace labelaudit {

template <class T, class Index>
struct CsrBlock {
    const std::int64_t* indptr;  // rows + 1 offsets into indices and values
    const Index* indices;
    const T* values;
    std::int64_t rows;
    std::int64_t cols;
};

// The entries of one row.
template <class T, class Index>
struct CsrRow {
    const Index* indices;
    const T* values;
    std::int64_t size;

    double value(std::int64_t k) const { return static_cast<double>(values[k]); }
    std::int64_t col(std::int64_t k) const { return static_cast<std::int64_t>(indices[k]); }
};

template <class T, class Index>
CsrRow<T, Index> row(const CsrBlock<T, Index>& x, std::int64_t i) {
    const std::int64_t start = x.indptr[i];
    return {x.indices + start, x.values + start, x.indptr[i + 1] - start};
}

// out[0 .. width) = the row times `width` neighbouring columns of a matrix whose rows are `stride` apart. Two chains,
// of even and of odd entries, so that one addition need not wait for the last.
template <int width, class T, class Index>
void dot(const CsrRow<T, Index>& x, const double* theta, std::int64_t stride, double* out) {
    double even[width]{}, odd[width]{};
    std::int64_t k = 0;
    for (; k + 1 < x.size; k += 2) {
        const double a = x.value(k), b = x.value(k + 1);
        const double *first = theta + x.col(k) * stride, *second = theta + x.col(k + 1) * stride;
        for (int c = 0; c < width; ++c) {
            even[c] += a * first[c];
            odd[c] += b * second[c];
        }
    }
    if (k < x.size)
        for (int c = 0; c < width; ++c) even[c] += x.value(k) * theta[x.col(k) * stride + c];
    for (int c = 0; c < width; ++c) out[c] = even[c] + odd[c];
}

template <class T, class Index>
void forward(const CsrBlock<T, Index>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out) {
    for (std::int64_t i = 0; i < x.rows; ++i) {
        const CsrRow<T, Index> entries = row(x, i);
        double* to = out.data() + i * outputs;
        std::int64_t c = 0;
        for (; c + 16 <= outputs; c += 16) dot<16>(entries, theta.data() + c, outputs, to + c);
        for (; c + 4 <= outputs; c += 4) dot<4>(entries, theta.data() + c, outputs, to + c);
        for (; c < outputs; ++c) dot<1>(entries, theta.data() + c, outputs, to + c);
    }
}

template <class T, class Index>
void add_backward(const CsrBlock<T, Index>& x, std::span<const double> r, std::int64_t outputs, std::span<double> out) {
    for (std::int64_t i = 0; i < x.rows; ++i) {
        const CsrRow<T, Index> entries = row(x, i);
        const double* __restrict from = r.data() + i * outputs;
        for (std::int64_t k = 0; k < entries.size; ++k) {
            const double value = entries.value(k);
            double* __restrict to = out.data() + entries.col(k) * outputs;
            for (std::int64_t c = 0; c < outputs; ++c) to[c] += value * from[c];
        }
    }
}

// Columns increase within a row, so pairs of entries in their order fall into the upper triangle.
template <class T, class Index>
void add_gram(const CsrBlock<T, Index>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out) {
    for (std::int64_t p = 0; p < pairs; ++p) {
        double* const matrix = out.data() + p * x.cols * x.cols;
        for (std::int64_t i = 0; i < x.rows; ++i) {
            const CsrRow<T, Index> entries = row(x, i);
            for (std::int64_t a = 0; a < entries.size; ++a) {
                const double weighted = w[static_cast<std::size_t>(i * pairs + p)] * entries.value(a);
                double* const to = matrix + entries.col(a) * x.cols;
                for (std::int64_t b = a; b < entries.size; ++b) to[entries.col(b)] += weighted * entries.value(b);
            }
        }
    }
}

template <class T, class Index>
void quadratic(const CsrBlock<T, Index>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    for (std::int64_t p = 0; p < pairs; ++p) {
        const double* const matrix = m.data() + p * x.cols * x.cols;
        for (std::int64_t i = 0; i < x.rows; ++i) {
            const CsrRow<T, Index> entries = row(x, i);
            double total = 0;
            for (std::int64_t a = 0; a < entries.size; ++a) {
                double product = 0;
                // stride 1: the row of the matrix is a vector
                dot<1>(entries, matrix + entries.col(a) * x.cols, 1, &product);
                total += entries.value(a) * product;
            }
            out[static_cast<std::size_t>(i * pairs + p)] = total;
        }
    }
}

}  // namespace labelaudit
