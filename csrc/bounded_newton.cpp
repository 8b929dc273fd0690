#include "bounded_newton.hpp"

#include <algorithm>
#include <cmath>

#include "newton_step.hpp"

namespace labelaudit {
namespace {

using Index = std::size_t;

constexpr int max_steps = 300;
constexpr double step_tolerance = 1e-9;
constexpr double rounding = 1e-13;
constexpr double smallest_step = 0x1p-20;
constexpr double smallest_curvature = 0.1;  // of the priors' 1

double clipped(double value, double low, double high) {
    return std::min(std::max(value, low), high);
}

}  // namespace

BoundedNewton::BoundedNewton(std::span<const double> start, std::span<const double> low, std::span<const double> high)
    : low_(low.begin(), low.end()),
      high_(high.begin(), high.end()),
      here_(start.begin(), start.end()),
      step_(start.size()) {
    for (Index i = 0; i < here_.size(); ++i) here_[i] = clipped(here_[i], low_[i], high_[i]);
    there_ = here_;
}

void BoundedNewton::answer(double value, std::span<const double> gradient, std::span<const double> hessian) {
    const bool begun = steps_ > 0;
    const double slack = rounding * std::abs(value_);  // near the optimum a better place is not lower to be seen
    if (begun && !(value <= value_ + slack)) {
        size_ /= 2;
        over_ = size_ <= smallest_step;
        return ask();
    }
    const double moved = distance();
    here_ = there_;
    value_ = value;
    over_ = steps_ == max_steps || (begun && moved < step_tolerance);
    if (over_) return;
    turn(gradient, hessian);
    ++steps_;
    size_ = 1.0;
    ask();
}

double BoundedNewton::distance() const {
    double out = 0;
    for (Index i = 0; i < here_.size(); ++i) out = std::max(out, std::abs(there_[i] - here_[i]));
    return out;
}

// The step from here; 0 where the gradient pushes a parameter against its bound.
void BoundedNewton::turn(std::span<const double> gradient, std::span<const double> hessian) {
    const Index n = here_.size();
    std::vector<Index> free;
    for (Index i = 0; i < n; ++i)
        if (!(here_[i] <= low_[i] && gradient[i] > 0) && !(here_[i] >= high_[i] && gradient[i] < 0)) free.push_back(i);
    std::vector<double> slopes, bends;
    for (const Index i : free) {
        slopes.push_back(gradient[i]);
        for (const Index j : free) bends.push_back(hessian[i * n + j]);
    }
    const std::vector<double> step = newton_step(bends, slopes, smallest_curvature);
    std::fill(step_.begin(), step_.end(), 0.0);
    for (Index f = 0; f < free.size(); ++f) step_[free[f]] = step[f];
}

// The place at this size of the step; a search that ends there, or once it is shorter, needs no derivatives.
void BoundedNewton::ask() {
    for (Index i = 0; i < here_.size(); ++i) there_[i] = clipped(here_[i] - size_ * step_[i], low_[i], high_[i]);
    curved_ = steps_ < max_steps && !(distance() < step_tolerance);
}

}  // namespace labelaudit
