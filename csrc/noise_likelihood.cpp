#include "noise_likelihood.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "instruction_set.hpp"

namespace labelaudit {
namespace {

using Index = std::size_t;

constexpr Index panel = 64;  // rows whose powers are made at once
constexpr double smallest_likelihood = 1e-12;

// In four chains, so that an addition need not wait for the last one.
double dot(const double* a, const double* b, Index n) {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    Index c = 0;
    for (; c + 4 <= n; c += 4) {
        s0 += a[c] * b[c];
        s1 += a[c + 1] * b[c + 1];
        s2 += a[c + 2] * b[c + 2];
        s3 += a[c + 3] * b[c + 3];
    }
    for (; c < n; ++c) s0 += a[c] * b[c];
    return (s0 + s1) + (s2 + s3);
}

double sum_of(const double* a, Index n) {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    Index c = 0;
    for (; c + 4 <= n; c += 4) {
        s0 += a[c];
        s1 += a[c + 1];
        s2 += a[c + 2];
        s3 += a[c + 3];
    }
    for (; c < n; ++c) s0 += a[c];
    return (s0 + s1) + (s2 + s3);
}

double largest(const double* a, Index n) {
    double out = a[0];
    for (Index c = 1; c < n; ++c) out = a[c] > out ? a[c] : out;
    return out;
}

struct Link {
    double sharpness;
    std::span<const double> shift;  // classes
};

// The number of classes: two, which the compiler then knows, or any (fixed is 0).
template <Index fixed>
struct Classes {
    Index any;
    constexpr operator Index() const { return fixed ? fixed : any; }
};

// q of some rows: powers of at most 1, the largest of a row no less than the shifts' range allows.
template <Index fixed>
void linked(const double* log_p, Index rows, Classes<fixed> k, const Link& link, double* q) {
    const double highest_shift = *std::max_element(link.shift.begin(), link.shift.end());
    for (Index i = 0; i < rows; ++i) {
        const double* l = log_p + i * k;
        const double highest = largest(l, k);
        for (Index c = 0; c < k; ++c)
            q[i * k + c] = link.sharpness * (l[c] - highest) + (link.shift[c] - highest_shift);
    }
    instructions().logistic.exponentials(q, static_cast<std::int64_t>(rows * k));
    for (Index i = 0; i < rows; ++i) {
        const double scale = 1 / sum_of(q + i * k, k);
        for (Index c = 0; c < k; ++c) q[i * k + c] *= scale;
    }
}

// One row's part in the sums; of more than two classes but for what the Hessian takes as grams of beliefs and of q.
template <Index fixed>
class Row {
  public:
    Row(Classes<fixed> classes, const LikelihoodSums& sums)
        : k_(classes), sums_(sums), scaled_(classes), pull_(classes) {}

    // slope: of m, null where there is no rate; b: where the belief goes.
    double add(const double* l, const double* q, const double* m, const double* slope, double sharpness, double w,
               double* b, double* counts) {
        const double likelihood = std::max(dot(m, q, k_), smallest_likelihood);
        const double inverse = 1 / likelihood;
        for (Index c = 0; c < k_; ++c) {
            b[c] = m[c] * q[c] * inverse;
            scaled_[c] = sharpness * l[c];
        }
        for (Index c = 0; c < k_; ++c) counts[c] += w * b[c];
        const double rate = slope ? dot(slope, q, k_) / likelihood : 0.0;
        add_gradient(q, b, rate, slope != nullptr, w);
        if (!sums_.hessian.empty()) add_hessian(q, b, slope, likelihood, rate, w);
        return w * std::log(likelihood);
    }

  private:
    void add_gradient(const double* q, const double* b, double rate, bool has_rate, double w) {
        double* out = sums_.gradient.data();
        for (Index c = 0; c < k_; ++c) {
            pull_[c] = w * (b[c] - q[c]);
            out[1 + c] += pull_[c];
        }
        out[0] += dot(pull_.data(), scaled_.data(), k_);
        if (has_rate) out[1 + k_] += w * rate;
    }

    // The upper triangle: by the logits a row's log-likelihood has the Hessian (diag(b) - b b^T) - (diag(q) - q q^T).
    void add_hessian(const double* q, const double* b, const double* slope, double likelihood, double rate, double w) {
        const Index size = 1 + k_ + (slope ? 1 : 0);
        double* out = sums_.hessian.data();
        const double mean_b = dot(b, scaled_.data(), k_), mean_q = dot(q, scaled_.data(), k_);
        double sharp = 0;
        for (Index c = 0; c < k_; ++c) {
            const double bent = b[c] * (scaled_[c] - mean_b) - q[c] * (scaled_[c] - mean_q);
            sharp += (bent + b[c] - q[c]) * scaled_[c];
            out[1 + c] += w * bent;
            out[(1 + c) * (size + 1)] += w * (b[c] - q[c]);
            if constexpr (fixed)
                for (Index d = c; d < k_; ++d) out[(1 + c) * size + 1 + d] += w * (q[c] * q[d] - b[c] * b[d]);
        }
        out[0] += w * sharp;
        if (!slope) return;
        double along = 0;
        for (Index c = 0; c < k_; ++c) {
            const double cross = w * (slope[c] * q[c] / likelihood - rate * b[c]);
            out[(1 + c) * size + 1 + k_] += cross;
            along += cross * scaled_[c];
        }
        out[1 + k_] += along;
        out[size * size - 1] -= w * rate * rate;
    }

    const Classes<fixed> k_;
    const LikelihoodSums& sums_;
    std::vector<double> scaled_, pull_;
};

// Sums of w q q^T - w b b^T, by the dense kernels.
class Grams {
  public:
    explicit Grams(std::int64_t k)
        : k_(k), sum_(static_cast<Index>(k * k)), scratch_(static_cast<Index>(gram_scratch(k))) {}

    void add(const double* q, const double* b, const double* w, std::int64_t rows) {
        const DenseKernels<double>& kernels = instructions().f64;
        kernels.add_gram(q, rows, k_, w, 1, sum_.data(), scratch_.data());
        for (std::int64_t i = 0; i < rows; ++i) minus_[i] = -w[i];
        kernels.add_gram(b, rows, k_, minus_, 1, sum_.data(), scratch_.data());
    }

    // Into the Hessian's upper triangle, whose first row and column are another parameter's.
    void add_to(std::span<double> hessian, Index size) const {
        const auto k = static_cast<Index>(k_);
        for (Index c = 0; c < k; ++c)
            for (Index d = c; d < k; ++d) hessian[(1 + c) * size + 1 + d] += sum_[c * k + d];
    }

  private:
    std::int64_t k_;
    std::vector<double> sum_, scratch_;
    double minus_[panel];
};

template <Index fixed>
double summed(Classes<fixed> k, const NoisyLabels& labels, const Likelihoods& likelihoods, std::span<const double> v,
              const LikelihoodSums& sums) {
    const Index rows = labels.index.size();
    const Link link{std::exp(v[0]), v.subspan(1, k)};
    const std::span<const double> slopes = likelihoods.slopes;
    std::vector<double> table(likelihoods.base.begin(), likelihoods.base.end());
    for (Index i = 0; i < slopes.size(); ++i) table[i] += v[1 + k] * slopes[i];
    std::vector<double> q(panel * k), b(panel * k);
    Row<fixed> row(k, sums);
    std::optional<Grams> grams;
    if (!fixed && !sums.hessian.empty()) grams.emplace(labels.classes);
    double total = 0;
    for (Index start = 0; start < rows; start += panel) {
        const Index here = std::min(panel, rows - start);
        linked(&labels.log_p[start * k], here, k, link, q.data());
        for (Index i = 0; i < here; ++i) {
            const auto at = static_cast<Index>(labels.index[start + i]) * k;
            total +=
                row.add(&labels.log_p[(start + i) * k], &q[i * k], &table[at], slopes.empty() ? nullptr : &slopes[at],
                        link.sharpness, labels.weight[start + i], &b[i * k], &sums.belief[at]);
        }
        if (grams) grams->add(q.data(), b.data(), &labels.weight[start], static_cast<std::int64_t>(here));
    }
    if (!sums.hessian.empty()) {
        const Index size = 1 + k + (slopes.empty() ? 0 : 1);
        if (grams) grams->add_to(sums.hessian, size);
        for (Index a = 0; a < size; ++a)
            for (Index b = 0; b < a; ++b) sums.hessian[a * size + b] = sums.hessian[b * size + a];
    }
    return total;
}

}  // namespace

double label_likelihood(const NoisyLabels& labels, const Likelihoods& likelihoods, std::span<const double> v,
                        const LikelihoodSums& sums) {
    const auto k = static_cast<Index>(labels.classes);
    return k == 2 ? summed(Classes<2>{k}, labels, likelihoods, v, sums)
                  : summed(Classes<0>{k}, labels, likelihoods, v, sums);
}

}  // namespace labelaudit
