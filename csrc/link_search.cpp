#include "link_search.hpp"

#include <algorithm>

namespace labelaudit {
namespace {

using Index = std::size_t;
using Values = std::vector<double>;

// Sums over rows, in memory of their own.
struct Sums {
    Values gradient, belief, hessian;

    Sums(Index parameters, Index beliefs) : gradient(parameters), belief(beliefs), hessian(parameters * parameters) {}

    void clear() {
        for (Values* values : {&gradient, &belief, &hessian}) std::fill(values->begin(), values->end(), 0.0);
    }
    void add(const Sums& other) {
        for (Index i = 0; i < gradient.size(); ++i) gradient[i] += other.gradient[i];
        for (Index i = 0; i < hessian.size(); ++i) hessian[i] += other.hessian[i];
    }
};

NoisyLabels part_of(const NoisyLabels& labels, Index start, Index count) {
    const auto k = static_cast<Index>(labels.classes);
    return {labels.log_p.subspan(start * k, count * k), labels.index.subspan(start, count),
            labels.weight.subspan(start, count), labels.classes};
}

double square(double x) {
    return x * x;
}

}  // namespace

LinkSearch::LinkSearch(Index of_link, std::span<const double> start, std::span<const double> low,
                       std::span<const double> high)
    : of_link_(of_link), newton_(start, low, high), gradient_(start.size()), hessian_(start.size() * start.size()) {}

double LinkSearch::best_likelihood() const {
    double out = -newton_.value();
    for (Index i = 0; i < of_link_; ++i) out += square(newton_.best()[i]) / 2;
    return out;
}

void LinkSearch::answer(double likelihood, std::span<const double> gradient, std::span<const double> hessian) {
    const auto v = newton_.asked();
    double value = -likelihood;
    for (Index i = 0; i < of_link_; ++i) value += square(v[i]) / 2;
    if (newton_.curved()) {
        std::transform(gradient.begin(), gradient.end(), gradient_.begin(), [](double slope) { return -slope; });
        std::transform(hessian.begin(), hessian.end(), hessian_.begin(), [](double bend) { return -bend; });
        for (Index i = 0; i < of_link_; ++i) {
            gradient_[i] += v[i];
            hessian_[i * (v.size() + 1)] += 1.0;
        }
    }
    newton_.answer(value, gradient_, hessian_);
}

void search_link(const NoisyLabels& labels, const Likelihoods& table, Index rows_at_once, LinkSearch& search) {
    const BoundedNewton& state = search.state();
    const Index rows = labels.index.size(), parameters = state.asked().size();
    Sums whole(parameters, table.base.size()), some(parameters, table.base.size());
    while (!state.over()) {
        double likelihood = 0;
        whole.clear();
        for (Index start = 0; start < rows; start += rows_at_once) {
            some.clear();
            const LikelihoodSums sums{some.gradient, some.belief,
                                      state.curved() ? std::span<double>(some.hessian) : std::span<double>()};
            const NoisyLabels part = part_of(labels, start, std::min(rows_at_once, rows - start));
            likelihood += label_likelihood(part, table, state.asked(), sums);
            whole.add(some);
        }
        search.answer(likelihood, whole.gradient, whole.hessian);
    }
}

}  // namespace labelaudit
