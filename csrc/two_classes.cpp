#include "two_classes.hpp"

#include <algorithm>
#include <cmath>

#include "softmax.hpp"

namespace labelaudit {
namespace {

using Index = std::size_t;

// Whatever another thread may do to the array meanwhile, a place of two.
Index label(const TwoClasses& labels, Index row) {
    return labels.given[row] != 0;
}

// Of the row's class of this number, beside the other.
double log_odds(const TwoClasses& labels, Index row, Index of) {
    const double* p = &labels.p[2 * row];
    return std::log(std::max(p[of], labels.smallest) / std::max(p[1 - of], labels.smallest));
}

}  // namespace

void average_belief(const TwoClasses& labels, std::span<const BeliefNode> nodes, std::span<double> out) {
    constexpr Index at_once = 512;  // what is worked on stays in the nearest cache
    double towards[at_once], z[at_once], p[at_once], own[at_once];
    for (Index start = 0; start < labels.given.size(); start += at_once) {
        const Index count = std::min(at_once, labels.given.size() - start);
        Index given[at_once];
        for (Index i = 0; i < count; ++i) given[i] = label(labels, start + i);
        // towards the label, so that its probability is exact however small it is
        for (Index i = 0; i < count; ++i) towards[i] = log_odds(labels, start + i, given[i]);
        std::fill(own, own + count, 0.0);
        for (const BeliefNode& node : nodes) {
            for (Index i = 0; i < count; ++i) z[i] = node.sharpness * towards[i] + node.offset[given[i]];
            probabilities({z, count}, 1, {p, count});
            for (Index i = 0; i < count; ++i) own[i] += node.weight * p[i];
        }
        for (Index i = 0; i < count; ++i) {
            double* row = &out[2 * (start + i)];
            row[given[i]] = own[i];
            row[1 - given[i]] = 1 - own[i];
        }
    }
}

bool add_cells(const TwoClasses& labels, double a_unit, std::span<std::int64_t> count, std::span<double> total) {
    const double lowest = std::log(labels.smallest), cells = static_cast<double>(count.size() / 2);
    for (Index i = 0; i < labels.given.size(); ++i) {
        const double logit = log_odds(labels, i, 1), cell = (logit - lowest) * a_unit;
        if (!(cell > -1 && cell < cells)) return false;  // -1 to 0 by rounding alone
        const Index at = 2 * static_cast<Index>(std::max(cell, 0.0)) + label(labels, i);
        ++count[at];
        total[at] += logit;
    }
    return true;
}

}  // namespace labelaudit
