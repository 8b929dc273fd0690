// The logistic loss of two classes and its gradient over many blocks: what add_logistic_gradient makes of each, summed
// in the fixed tree. A pass over short blocks from outside would cost as much for its calls as for some of its work.
#pragma once

#include <cstdint>
#include <span>
#include <variant>

#include "indicator_matrix.hpp"
#include "matrix.hpp"

namespace labelaudit {

// Targets of all rows: class codes, or if there are none the probabilities of both classes, rows x 2.
struct TwoClassTargets {
    std::span<const std::int64_t> codes;
    std::span<const double> probabilities;
};

// A block whose first row is `start` of all rows.
struct PlacedBlock {
    std::variant<DenseBlock<double>, DenseBlock<float>, IndicatorBlock> x;
    std::int64_t start;
    std::int64_t rows;
};

// out = the summed gradient, cols; returns the summed loss. blocks: one or more, of cols columns; w: all rows.
double sum_logistic_gradients(std::span<const PlacedBlock> blocks, std::span<const double> theta,
                              const TwoClassTargets& targets, std::span<const double> w, std::span<double> out);

}  // namespace labelaudit
