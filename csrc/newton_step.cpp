#include "newton_step.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace labelaudit {
namespace {

using Index = std::size_t;
using Values = std::vector<double>;

// The lower factor L of H - shift = L L^T, where that is positive definite.
std::optional<Values> cholesky(std::span<const double> hessian, Index n, double shift) {
    Values out(n * n);
    for (Index i = 0; i < n; ++i)
        for (Index j = 0; j <= i; ++j) {
            double sum = hessian[i * n + j] - (i == j ? shift : 0.0);
            for (Index k = 0; k < j; ++k) sum -= out[i * n + k] * out[j * n + k];
            if (i == j && !(sum > 0)) return std::nullopt;
            out[i * n + j] = i == j ? std::sqrt(sum) : sum / out[j * n + j];
        }
    return out;
}

Values solved(const Values& factor, std::span<const double> gradient) {
    const Index n = gradient.size();
    Values x(gradient.begin(), gradient.end());
    for (Index i = 0; i < n; ++i) {
        for (Index k = 0; k < i; ++k) x[i] -= factor[i * n + k] * x[k];
        x[i] /= factor[i * n + i];
    }
    for (Index i = n; i-- > 0;) {
        for (Index k = i + 1; k < n; ++k) x[i] -= factor[k * n + i] * x[k];
        x[i] /= factor[i * n + i];
    }
    return x;
}

// A symmetric matrix that is made diagonal by rotations, one pair of axes after another; the rows of `axes` follow.
class Jacobi {
  public:
    Jacobi(std::span<const double> matrix, Index n) : n_(n), a_(matrix.begin(), matrix.end()), axes_(n * n) {
        for (Index i = 0; i < n; ++i) axes_[i * n + i] = 1.0;
        for (int sweep = 0; sweep < most_sweeps && turned(); ++sweep) {
        }
    }

    double value(Index i) const { return a_[i * n_ + i]; }
    std::span<const double> axis(Index i) const { return {&axes_[i * n_], n_}; }

  private:
    static constexpr int most_sweeps = 60;  // some ten are enough, since the last of them converge cubically

    // One sweep; whether any entry was still to be seen beside the two diagonal ones.
    bool turned() {
        bool any = false;
        for (Index p = 0; p < n_; ++p)
            for (Index q = p + 1; q < n_; ++q) {
                const double off = std::abs(a_[p * n_ + q]), size = std::abs(value(p)) + std::abs(value(q));
                if (!(size + off > size)) continue;
                rotate(p, q);
                any = true;
            }
        return any;
    }

    // The smaller of both angles by which the entry of p and q vanishes.
    void rotate(Index p, Index q) {
        const double half = (value(q) - value(p)) / (2 * a_[p * n_ + q]);
        const double t = (half < 0 ? -1.0 : 1.0) / (std::abs(half) + std::hypot(half, 1.0));
        const double c = 1 / std::hypot(t, 1.0), s = t * c;
        for (Index k = 0; k < n_; ++k) turn(a_[p * n_ + k], a_[q * n_ + k], c, s);
        for (Index k = 0; k < n_; ++k) turn(a_[k * n_ + p], a_[k * n_ + q], c, s);
        for (Index k = 0; k < n_; ++k) turn(axes_[p * n_ + k], axes_[q * n_ + k], c, s);
        a_[p * n_ + q] = a_[q * n_ + p] = 0.0;
    }

    static void turn(double& x, double& y, double c, double s) {
        const double before = x;
        x = c * before - s * y;
        y = s * before + c * y;
    }

    const Index n_;
    Values a_, axes_;
};

}  // namespace

std::vector<double> newton_step(std::span<const double> hessian, std::span<const double> gradient, double smallest) {
    const Index n = gradient.size();
    if (cholesky(hessian, n, smallest))
        if (const auto factor = cholesky(hessian, n, 0.0)) return solved(*factor, gradient);
    const Jacobi found(hessian, n);
    Values out(n);
    for (Index i = 0; i < n; ++i) {
        const auto axis = found.axis(i);
        double slope = 0;
        for (Index k = 0; k < n; ++k) slope += axis[k] * gradient[k];
        slope /= std::max(std::abs(found.value(i)), smallest);
        for (Index k = 0; k < n; ++k) out[k] += slope * axis[k];
    }
    return out;
}

}  // namespace labelaudit
