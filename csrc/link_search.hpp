// The link under which labels are most probable, and with it an error rate where one is looked for.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bounded_newton.hpp"
#include "noise_likelihood.hpp"

namespace labelaudit {

// Newton's search of the link's parameters v: log sharpness and shifts, which have standard normal priors, and a rate,
// which has none. It asks for the labels' log-likelihood at one v after another.
class LinkSearch {
  public:
    // start and bounds: (parameters,), of which the first are the link's.
    LinkSearch(std::size_t of_link, std::span<const double> start, std::span<const double> low,
               std::span<const double> high);

    const BoundedNewton& state() const { return newton_; }
    double best_likelihood() const;  // without the priors

    // The log-likelihood where it was asked for, and its derivatives; see BoundedNewton.
    void answer(double likelihood, std::span<const double> gradient, std::span<const double> hessian);

  private:
    const std::size_t of_link_;
    BoundedNewton newton_;
    std::vector<double> gradient_, hessian_;
};

// The whole search. The log-likelihood is summed over so many rows at a time, and over these sums in order: elsewhere
// they may come from several threads, and are the same to the last bit.
void search_link(const NoisyLabels& labels, const Likelihoods& table, std::size_t rows_at_once, LinkSearch& search);

}  // namespace labelaudit
