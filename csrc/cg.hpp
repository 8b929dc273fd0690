// Preconditioned conjugate gradient for several right-hand sides, over any operator.
//
// Method: Hestenes and Stiefel 1952, with a diagonal preconditioner (Jacobi's is the inverse of A's diagonal). Systems
// are independent, each with its own step lengths and, if need be, matrix, but share calls of the operator. What is
// reported is the residual recomputed from the solution, never the recurrence's: a system that did not converge is not
// returned as if it had.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace labelaudit {

enum class CgStatus : std::uint8_t { converged, step_limit, stagnated, not_positive_definite, not_finite };

struct CgReport {
    std::int64_t steps = 0;
    double residual = 0;  // ||b - A x|| / ||b||, recomputed
    CgStatus status = CgStatus::step_limit;
};

struct CgLimits {
    double tolerance;
    std::int64_t max_steps;
};

// apply(v, systems, out): out = A v for a vector of each of these systems (m x n, one after the other).
template <class Operator>
class ConjugateGradient {
  public:
    // b and x: count x n; x holds the start and receives the solutions.
    ConjugateGradient(Operator& apply, std::span<const double> inverse_diagonal, std::span<const double> b,
                      std::span<double> x, CgLimits limits)
        : apply_(apply),
          inverse_diagonal_(inverse_diagonal),
          b_(b),
          x_(x),
          limits_(limits),
          n_(inverse_diagonal.size()),
          systems_(n_ ? b.size() / n_ : 0) {}

    std::vector<CgReport> solve() {
        std::vector<std::size_t> open = start();
        // A round recomputes the true residuals, closes what is done and runs the recurrence on the rest.
        while (!open.empty()) {
            open = still_open(open);
            for (std::vector<std::size_t> active = open; !active.empty();) active = advance(active);
        }
        std::vector<CgReport> reports;
        for (const System& system : systems_) reports.push_back(system.report);
        return reports;
    }

  private:
    struct System {
        std::vector<double> r, p;
        double rz = 0, norm_b = 0, best = std::numeric_limits<double>::infinity();
        bool failed = false;
        CgReport report;
    };

    // p^T A p >= 2 sqrt(k) / (k + 1) |p| |A p| for a matrix of condition number k (Gustafson 1968): a smaller one than
    // this comes from a k of 1e24, which is to say that p lies in the null space of A but for rounding.
    static constexpr double flattest = 1e-12;

    static double dot(std::span<const double> a, std::span<const double> b) {
        double sum = 0;
        for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
        return sum;
    }

    std::span<const double> rhs(std::size_t s) const { return b_.subspan(s * n_, n_); }
    std::span<double> solution(std::size_t s) const { return x_.subspan(s * n_, n_); }
    std::span<double> product(std::size_t k) { return std::span(products_).subspan(k * n_, n_); }

    void precondition(std::span<const double> r, std::span<double> z) const {
        for (std::size_t i = 0; i < n_; ++i) z[i] = r[i] * inverse_diagonal_[i];
    }

    // products_[k] = A vector_of(active[k])
    template <class VectorOf>
    void apply(const std::vector<std::size_t>& active, VectorOf vector_of) {
        inputs_.clear();
        for (const std::size_t s : active) {
            const std::span<const double> v = vector_of(s);
            inputs_.insert(inputs_.end(), v.begin(), v.end());
        }
        products_.assign(inputs_.size(), 0.0);
        if (!active.empty())
            apply_(std::span<const double>(inputs_), std::span<const std::size_t>(active), std::span(products_));
    }

    std::vector<std::size_t> start() {
        std::vector<std::size_t> open;
        for (std::size_t s = 0; s < systems_.size(); ++s) {
            System& system = systems_[s];
            system.norm_b = std::sqrt(dot(rhs(s), rhs(s)));
            if (!std::isfinite(system.norm_b)) {
                system.report = {0, system.norm_b, CgStatus::not_finite};
            } else if (std::ranges::all_of(rhs(s), [](double v) { return v == 0; })) {
                std::ranges::fill(solution(s), 0.0);
                system.report.status = CgStatus::converged;
            } else {
                system.r.resize(n_);
                system.p.resize(n_);
                open.push_back(s);
            }
        }
        return open;
    }

    // Sets the true residual and the status that follows from it; says whether the system goes on.
    bool review(std::size_t s, std::span<const double> ax) {
        System& system = systems_[s];
        CgReport& report = system.report;
        for (std::size_t i = 0; i < n_; ++i) system.r[i] = rhs(s)[i] - ax[i];
        report.residual = std::sqrt(dot(system.r, system.r)) / system.norm_b;
        if (report.residual <= limits_.tolerance) {
            report.status = CgStatus::converged;
        } else if (system.failed) {  // the status that was set when it failed stands
        } else if (!std::isfinite(report.residual)) {
            report.status = CgStatus::not_finite;
        } else if (report.steps >= limits_.max_steps) {
            report.status = CgStatus::step_limit;
        } else if (report.residual > 0.5 * system.best) {  // a whole round did not even halve it
            report.status = CgStatus::stagnated;
        } else {
            system.best = report.residual;
            return true;
        }
        return false;
    }

    std::vector<std::size_t> still_open(const std::vector<std::size_t>& open) {
        apply(open, [this](std::size_t s) { return solution(s); });
        std::vector<std::size_t> going;
        for (std::size_t k = 0; k < open.size(); ++k) {
            if (!review(open[k], product(k))) continue;
            System& system = systems_[open[k]];
            precondition(system.r, system.p);
            system.rz = dot(system.r, system.p);
            going.push_back(open[k]);
        }
        return going;
    }

    // One step of one system; q = A p, used as scratch afterwards. Says whether the recurrence goes on.
    bool step(std::size_t s, std::span<double> q) {
        System& system = systems_[s];
        const double curvature = dot(system.p, q);
        const double bound = flattest * std::sqrt(dot(system.p, system.p)) * std::sqrt(dot(q, q));
        if (!(curvature > bound) || !std::isfinite(curvature)) {
            system.failed = true;
            system.report.status = std::isfinite(curvature) ? CgStatus::not_positive_definite : CgStatus::not_finite;
            return false;
        }
        ++system.report.steps;
        const double alpha = system.rz / curvature;
        const std::span<double> x = solution(s);
        for (std::size_t i = 0; i < n_; ++i) {
            x[i] += alpha * system.p[i];
            system.r[i] -= alpha * q[i];
        }
        const double residual = std::sqrt(dot(system.r, system.r)) / system.norm_b;
        if (residual <= 0.5 * limits_.tolerance || system.report.steps >= limits_.max_steps) return false;
        precondition(system.r, q);
        const double rz = dot(system.r, q), beta = rz / system.rz;
        system.rz = rz;
        for (std::size_t i = 0; i < n_; ++i) system.p[i] = q[i] + beta * system.p[i];
        return true;
    }

    std::vector<std::size_t> advance(const std::vector<std::size_t>& active) {
        apply(active, [this](std::size_t s) { return std::span<const double>(systems_[s].p); });
        std::vector<std::size_t> going;
        for (std::size_t k = 0; k < active.size(); ++k)
            if (step(active[k], product(k))) going.push_back(active[k]);
        return going;
    }

    Operator& apply_;
    std::span<const double> inverse_diagonal_, b_;
    std::span<double> x_;
    CgLimits limits_;
    std::size_t n_;
    std::vector<System> systems_;
    std::vector<double> inputs_, products_;
};

}  // namespace labelaudit
