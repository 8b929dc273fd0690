// The softmax likelihood of a block of rows, from logits: it knows no matrix.
//
// outputs is the number of logits: one for two classes (the logit of the second class), else one per class.
// Targets t are class probabilities (hard labels: one-hot) in the same layout; weights w multiply a row's loss.
#pragma once

#include <cstdint>
#include <span>

namespace labelaudit {

// out = softmax(z), in the layout of z: for one logit the probability of the second class. rows x outputs.
void probabilities(std::span<const double> z, std::int64_t outputs, std::span<double> out);

// out = w (p - t); returns the sum of w times the loss: log-sum-exp(z) - t z for each row.
double residual(std::span<const double> z, std::span<const double> t, std::span<const double> w, std::int64_t outputs,
                std::span<double> out);

// out[i, (a,b)] = w (p_a [a = b] - p_a p_b) for a <= b: rows x pairs, from probabilities p.
void curvature(std::span<const double> p, std::span<const double> w, std::int64_t outputs, std::span<double> out);

// out[i, :, v] = w S_i u[i, :, v] for every vector v; u and out: rows x outputs x vectors, S_i as in curvature.
void apply_curvature(std::span<const double> p, std::span<const double> w, std::span<const double> u,
                     std::int64_t outputs, std::int64_t vectors, std::span<double> out);

}  // namespace labelaudit
