// Matrix functions of a block of rows: they know features, never a model.
//
// A block type brings the four functions below as overloads; whatever stands above calls them alike.
// All arrays are row-major. Arithmetic is float64 whatever the storage type is. Sums run in a fixed order,
// so the same block on the same machine always gives the same bits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace labelaudit {

template <class T>
struct DenseBlock {
    const T* data;
    std::int64_t rows;
    std::int64_t cols;
};

// Unordered pairs (a, b), a <= b, of `outputs` logits, in the order (0,0) (0,1) .. (1,1) ..
constexpr std::int64_t pair_count(std::int64_t outputs) {
    return outputs * (outputs + 1) / 2;
}

// out = X theta.  theta: cols x outputs, out: rows x outputs.
void forward(const DenseBlock<double>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out);
void forward(const DenseBlock<float>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out);

// out += X^T R.  r: rows x outputs, out: cols x outputs.
void add_backward(const DenseBlock<double>& x, std::span<const double> r, std::int64_t outputs, std::span<double> out);
void add_backward(const DenseBlock<float>& x, std::span<const double> r, std::int64_t outputs, std::span<double> out);

// out[p] += X^T diag(w[:, p]) X, upper triangles only (the rest of out is left alone).
// w: rows x pairs, out: pairs x cols x cols.
void add_gram(const DenseBlock<double>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out);
void add_gram(const DenseBlock<float>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out);

// out[i, p] = x_i^T M_p x_i.  m: pairs x cols x cols, out: rows x pairs.
void quadratic(const DenseBlock<double>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out);
void quadratic(const DenseBlock<float>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out);

// The logistic loss of two classes and its gradient in one pass over x: out += X^T r with r = w (sigmoid(X theta) - t);
// returns the sum of w times the loss. theta, out: cols; t, w: rows.
double add_logistic_gradient(const DenseBlock<double>& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out);
double add_logistic_gradient(const DenseBlock<float>& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out);

// Instruction sets that this build holds and this processor has, best first; the best one is in use from the start.
std::vector<std::string> instruction_sets();
std::string instruction_set();
void use_instruction_set(const std::string& name);  // throws std::invalid_argument for a name not in the list

}  // namespace labelaudit
