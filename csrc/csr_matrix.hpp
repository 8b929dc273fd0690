// A matrix in compressed sparse rows that owns its memory and never changes; copies share it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sparse_kernels.hpp"

namespace labelaudit {

template <class T>
using Shared = std::shared_ptr<const std::vector<T>>;

template <class T>
Shared<T> shared(std::vector<T> values) {
    return std::make_shared<const std::vector<T>>(std::move(values));
}

template <class T, class Index>
struct CsrMatrix {
    Shared<std::int64_t> indptr;
    Shared<Index> indices;
    Shared<T> values;
    std::int64_t cols;

    std::int64_t rows() const { return static_cast<std::int64_t>(indptr->size()) - 1; }
    std::int64_t nnz() const { return static_cast<std::int64_t>(values->size()); }
    CsrBlock<T, Index> block() const { return {indptr->data(), indices->data(), values->data(), rows(), cols}; }
};

// Throws std::invalid_argument unless the arrays are a matrix of so many columns, columns increasing within each row.
template <class Index>
void check_structure(std::span<const std::int64_t> indptr, std::span<const Index> indices, std::int64_t cols) {
    const auto refuse = [](const std::string& expected, const std::string& got) {
        throw std::invalid_argument(expected + ", got " + got);
    };
    if (cols < 0) refuse("cols: expected 0 or more", std::to_string(cols));
    if (indptr.empty()) refuse("indptr: expected one offset more than rows", "none");
    if (indptr.front() != 0) refuse("indptr: expected 0 first", std::to_string(indptr.front()));
    const auto nnz = static_cast<std::int64_t>(indices.size());
    if (indptr.back() != nnz)
        refuse("indptr: expected the number of entries, " + std::to_string(nnz) + ", last",
               std::to_string(indptr.back()));
    const auto falls = std::ranges::adjacent_find(indptr, std::ranges::greater{});
    if (falls != indptr.end())
        refuse("indptr: expected offsets that never fall",
               std::to_string(falls[1]) + " after " + std::to_string(*falls));
    for (std::size_t i = 0; i + 1 < indptr.size(); ++i) {
        std::int64_t before = -1;
        for (std::int64_t k = indptr[i]; k < indptr[i + 1]; ++k) {
            const auto col = static_cast<std::int64_t>(indices[static_cast<std::size_t>(k)]);
            if (col <= before || col >= cols)
                refuse(
                    "indices: expected columns from 0 to " + std::to_string(cols - 1) + " that increase within a row",
                    std::to_string(col) + " in row " + std::to_string(i));
            before = col;
        }
    }
}

// Rows by position, in any order and any number of times; throws std::invalid_argument for a position that is none.
template <class T, class Index>
CsrMatrix<T, Index> take(const CsrMatrix<T, Index>& x, std::span<const std::int64_t> rows) {
    std::vector<std::int64_t> indptr{0};
    indptr.reserve(rows.size() + 1);
    const std::vector<std::int64_t>& from = *x.indptr;
    for (const std::int64_t i : rows) {
        if (i < 0 || i >= x.rows())
            throw std::invalid_argument("rows: expected positions from 0 to " + std::to_string(x.rows() - 1) +
                                        ", got " + std::to_string(i));
        indptr.push_back(indptr.back() + from[static_cast<std::size_t>(i) + 1] - from[static_cast<std::size_t>(i)]);
    }
    std::vector<Index> indices(static_cast<std::size_t>(indptr.back()));
    std::vector<T> values(indices.size());
    for (std::size_t n = 0; n < rows.size(); ++n) {
        const std::int64_t start = from[static_cast<std::size_t>(rows[n])], size = indptr[n + 1] - indptr[n];
        std::copy_n(x.indices->begin() + start, size, indices.begin() + indptr[n]);
        std::copy_n(x.values->begin() + start, size, values.begin() + indptr[n]);
    }
    return {shared(std::move(indptr)), shared(std::move(indices)), shared(std::move(values)), x.cols};
}

// Every entry squared, in double; where the entries are is shared.
template <class T, class Index>
CsrMatrix<double, Index> squared(const CsrMatrix<T, Index>& x) {
    std::vector<double> values(x.values->begin(), x.values->end());
    for (double& v : values) v *= v;
    return {x.indptr, x.indices, shared(std::move(values)), x.cols};
}

// out = x, rows x cols.
template <class T, class Index>
void fill_dense(const CsrMatrix<T, Index>& x, std::span<double> out) {
    std::ranges::fill(out, 0.0);
    const CsrBlock<T, Index> block = x.block();
    for (std::int64_t i = 0; i < block.rows; ++i) {
        const CsrRow<T, Index> entries = row(block, i);
        for (std::int64_t k = 0; k < entries.size; ++k)
            out[static_cast<std::size_t>(i * block.cols + entries.col(k))] = entries.value(k);
    }
}

}  // namespace labelaudit
