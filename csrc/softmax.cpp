#include "softmax.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "instruction_set.hpp"

namespace labelaudit {
namespace {

using Index = std::size_t;

// p = softmax(z) for every row of several logits; their log-sum-exp(z) goes to `logs` where it is wanted.
void softmax_rows(std::span<const double> z, Index k, std::span<double> p, double* logs) {
    for (Index i = 0; i < z.size(); i += k) {
        const double top = *std::max_element(&z[i], &z[i] + k);
        for (Index c = 0; c < k; ++c) p[i + c] = z[i + c] - top;
        if (logs) logs[i / k] = top;
    }
    instructions().logistic.exponentials(p.data(), static_cast<std::int64_t>(p.size()));
    for (Index i = 0; i < z.size(); i += k) {
        double sum = 0;
        for (Index c = 0; c < k; ++c) sum += p[i + c];
        for (Index c = 0; c < k; ++c) p[i + c] /= sum;
        if (logs) logs[i / k] += std::log(sum);
    }
}

}  // namespace

void probabilities(std::span<const double> z, std::int64_t outputs, std::span<double> out) {
    const auto k = static_cast<Index>(outputs);
    if (k == 1)
        instructions().logistic.sigmoids(z.data(), static_cast<std::int64_t>(z.size()), out.data());
    else
        softmax_rows(z, k, out, nullptr);
}

double residual(std::span<const double> z, std::span<const double> t, std::span<const double> w, std::int64_t outputs,
                std::span<double> out) {
    const auto k = static_cast<Index>(outputs);
    if (k == 1)
        return instructions().logistic.residuals(z.data(), t.data(), w.data(), static_cast<std::int64_t>(z.size()),
                                                 out.data());
    std::vector<double> logs(w.size());
    softmax_rows(z, k, out, logs.data());
    double loss = 0;
    for (Index i = 0; i < w.size(); ++i) {
        const double *zi = &z[i * k], *ti = &t[i * k];
        double *ri = &out[i * k], row = logs[i];
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
        if (m == 1) {  // the same sums; loops over a single vector would cost as much as what they do
            double sum = 0;
            for (Index c = 0; c < k; ++c) sum += pi[c] * ui[c];
            for (Index c = 0; c < k; ++c) oi[c] = w[i] * pi[c] * (ui[c] - sum);
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
