#include "softmax.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace labelaudit {
namespace {

using Index = std::size_t;

double sigmoid(double z) {
    return z >= 0 ? 1 / (1 + std::exp(-z)) : std::exp(z) / (1 + std::exp(z));
}
double softplus(double z) {
    return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z)));
}

// p = softmax(z) for one row of several logits; returns log-sum-exp(z).
double softmax_row(const double* z, Index outputs, double* p) {
    const double top = *std::max_element(z, z + outputs);
    double sum = 0;
    for (Index c = 0; c < outputs; ++c) sum += p[c] = std::exp(z[c] - top);
    for (Index c = 0; c < outputs; ++c) p[c] /= sum;
    return top + std::log(sum);
}

}  // namespace

void probabilities(std::span<const double> z, std::int64_t outputs, std::span<double> out) {
    const auto k = static_cast<Index>(outputs);
    if (k == 1) {
        for (Index i = 0; i < z.size(); ++i) out[i] = sigmoid(z[i]);
        return;
    }
    for (Index i = 0; i < z.size(); i += k) softmax_row(&z[i], k, &out[i]);
}

double residual(std::span<const double> z, std::span<const double> t, std::span<const double> w, std::int64_t outputs,
                std::span<double> out) {
    const auto k = static_cast<Index>(outputs);
    double loss = 0;
    if (k == 1) {
        for (Index i = 0; i < z.size(); ++i) {
            out[i] = w[i] * (sigmoid(z[i]) - t[i]);
            loss += w[i] * (softplus(z[i]) - t[i] * z[i]);
        }
        return loss;
    }
    for (Index i = 0; i < w.size(); ++i) {
        const double *zi = &z[i * k], *ti = &t[i * k];
        double* ri = &out[i * k];
        double row = softmax_row(zi, k, ri);
        for (Index c = 0; c < k; ++c) {
            row -= ti[c] * zi[c];
            ri[c] = w[i] * (ri[c] - ti[c]);
        }
        loss += w[i] * row;
    }
    return loss;
}

void curvature(std::span<const double> p, std::span<const double> w, std::int64_t outputs, std::span<double> out) {
    const auto k = static_cast<Index>(outputs);
    Index next = 0;
    for (Index i = 0; i < w.size(); ++i) {
        const double* pi = &p[i * k];
        for (Index a = 0; a < k; ++a) {
            out[next++] = w[i] * pi[a] * (1 - pi[a]);
            for (Index b = a + 1; b < k; ++b) out[next++] = -w[i] * pi[a] * pi[b];
        }
    }
}

void apply_curvature(std::span<const double> p, std::span<const double> w, std::span<const double> u,
                     std::int64_t outputs, std::int64_t vectors, std::span<double> out) {
    const auto k = static_cast<Index>(outputs), m = static_cast<Index>(vectors);
    std::vector<double> mean(m);
    for (Index i = 0; i < w.size(); ++i) {
        const double *pi = &p[i * k], *ui = &u[i * k * m];
        double* oi = &out[i * k * m];
        if (k == 1) {
            for (Index v = 0; v < m; ++v) oi[v] = w[i] * pi[0] * (1 - pi[0]) * ui[v];
            continue;
        }
        std::fill(mean.begin(), mean.end(), 0.0);
        for (Index c = 0; c < k; ++c)
            for (Index v = 0; v < m; ++v) mean[v] += pi[c] * ui[c * m + v];
        for (Index c = 0; c < k; ++c)
            for (Index v = 0; v < m; ++v) oi[c * m + v] = w[i] * pi[c] * (ui[c * m + v] - mean[v]);
    }
}

}  // namespace labelaudit
