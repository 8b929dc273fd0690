#include "matrix.hpp"

#include "instruction_set.hpp"

namespace labelaudit {
namespace {

template <class T>
const DenseKernels<T>& kernels() {
    if constexpr (std::is_same_v<T, double>)
        return instructions().f64;
    else
        return instructions().f32;
}

std::size_t padded(std::int64_t n) {
    return static_cast<std::size_t>((n + padding - 1) / padding * padding);
}

template <class T>
void forward_of(const DenseBlock<T>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out) {
    std::vector<double> scratch(outputs == 1 ? 0 : static_cast<std::size_t>(x.cols) * padded(outputs));
    kernels<T>().forward(x.data, x.rows, x.cols, theta.data(), outputs, out.data(), scratch.data());
}

template <class T>
void gram_of(const DenseBlock<T>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out) {
    std::vector<double> scratch(static_cast<std::size_t>(gram_scratch(x.cols)));
    kernels<T>().add_gram(x.data, x.rows, x.cols, w.data(), pairs, out.data(), scratch.data());
}

template <class T>
void quadratic_of(const DenseBlock<T>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    std::vector<double> scratch(static_cast<std::size_t>(quadratic_scratch(x.cols)));
    kernels<T>().quadratic(x.data, x.rows, x.cols, m.data(), pairs, out.data(), scratch.data());
}

template <class T>
double logistic_gradient_of(const DenseBlock<T>& x, std::span<const double> theta, std::span<const double> t,
                            std::span<const double> w, std::span<double> out) {
    return kernels<T>().add_logistic(x.data, x.rows, x.cols, theta.data(), t.data(), w.data(), out.data());
}

}  // namespace

void forward(const DenseBlock<double>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out) {
    forward_of(x, theta, outputs, out);
}
void forward(const DenseBlock<float>& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out) {
    forward_of(x, theta, outputs, out);
}
void add_backward(const DenseBlock<double>& x, std::span<const double> r, std::int64_t outputs, std::span<double> out) {
    kernels<double>().add_backward(x.data, x.rows, x.cols, r.data(), outputs, out.data());
}
void add_backward(const DenseBlock<float>& x, std::span<const double> r, std::int64_t outputs, std::span<double> out) {
    kernels<float>().add_backward(x.data, x.rows, x.cols, r.data(), outputs, out.data());
}
void add_gram(const DenseBlock<double>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out) {
    gram_of(x, w, pairs, out);
}
void add_gram(const DenseBlock<float>& x, std::span<const double> w, std::int64_t pairs, std::span<double> out) {
    gram_of(x, w, pairs, out);
}
void quadratic(const DenseBlock<double>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    quadratic_of(x, m, pairs, out);
}
void quadratic(const DenseBlock<float>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    quadratic_of(x, m, pairs, out);
}
double add_logistic_gradient(const DenseBlock<double>& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out) {
    return logistic_gradient_of(x, theta, t, w, out);
}
double add_logistic_gradient(const DenseBlock<float>& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out) {
    return logistic_gradient_of(x, theta, t, w, out);
}

}  // namespace labelaudit
