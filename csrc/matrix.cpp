#include "matrix.hpp"

#include <atomic>
#include <stdexcept>

#include "dense_kernels.hpp"

namespace labelaudit {
namespace {

std::vector<const InstructionSet*> available() {
    std::vector<const InstructionSet*> sets;
#ifdef LABELAUDIT_X86_SETS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        sets.push_back(&avx512_kernels);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&avx2_kernels);
#endif
    sets.push_back(&baseline_kernels);
    return sets;
}

std::atomic<const InstructionSet*>& current() {
    static std::atomic<const InstructionSet*> set{available().front()};
    return set;
}

template <class T>
const DenseKernels<T>& kernels() {
    const InstructionSet* set = current().load();
    if constexpr (std::is_same_v<T, double>)
        return set->f64;
    else
        return set->f32;
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
    std::vector<double> scratch(2 * static_cast<std::size_t>(panel_rows) * padded(x.cols));
    kernels<T>().add_gram(x.data, x.rows, x.cols, w.data(), pairs, out.data(), scratch.data());
}

template <class T>
void quadratic_of(const DenseBlock<T>& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    std::vector<double> scratch(static_cast<std::size_t>(x.cols + padding) * padded(x.cols));
    kernels<T>().quadratic(x.data, x.rows, x.cols, m.data(), pairs, out.data(), scratch.data());
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

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const InstructionSet* set : available()) names.emplace_back(set->name);
    return names;
}

std::string instruction_set() {
    return current().load()->name;
}

void use_instruction_set(const std::string& name) {
    for (const InstructionSet* set : available())
        if (name == set->name) {
            current().store(set);
            return;
        }
    throw std::invalid_argument("instruction set \"" + name + "\" is not in this build or not on this processor");
}

}  // namespace labelaudit
