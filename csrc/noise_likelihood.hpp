// The likelihood of labels under a noise matrix, as a function of the link from log-probabilities to true classes.
//
// Row i has log-probabilities l, (classes), and a row m of a table of likelihoods: m[t] = P(its label | true class t).
// With q ~ exp(sharpness l + shift), normalised, its likelihood is m q, and its belief b[t] = m[t] q[t] / m q.
// Source: vector scaling with one temperature, Guo et al. 2017; derivatives are checked against differences in
// test_noise_sums.
#pragma once

#include <cstdint>
#include <span>

namespace labelaudit {

struct NoisyLabels {
    std::span<const double> log_p;        // rows x classes
    std::span<const std::int64_t> index;  // rows: which row of the table
    std::span<const double> weight;       // rows: how many rows each stands for
    std::int64_t classes;
};

// The table is base + rate slopes, each rows of the table x classes; slopes are empty where there is no rate.
struct Likelihoods {
    std::span<const double> base;
    std::span<const double> slopes;
};

// Sums over rows, each times its weight; an empty Hessian is left out. parameters: log sharpness, the shifts, and
// the rate where there is one.
struct LikelihoodSums {
    std::span<double> gradient;  // of the log-likelihood: parameters
    std::span<double> belief;    // rows of the table x classes
    std::span<double> hessian;   // of the log-likelihood: parameters x parameters
};

// At the parameters v. Adds to the sums; returns the log-likelihood.
double label_likelihood(const NoisyLabels& labels, const Likelihoods& table, std::span<const double> v,
                        const LikelihoodSums& sums);

}  // namespace labelaudit
