#include "logistic_sum.hpp"

#include <algorithm>
#include <vector>

#include "tree_sum.hpp"

namespace labelaudit {
namespace {

using Index = std::size_t;

// The probability of the second class of these rows.
void copy_targets(const TwoClassTargets& targets, Index start, std::span<double> out) {
    if (targets.probabilities.empty())
        for (Index i = 0; i < out.size(); ++i) out[i] = static_cast<double>(targets.codes[start + i]);
    else
        for (Index i = 0; i < out.size(); ++i) out[i] = targets.probabilities[2 * (start + i) + 1];
}

}  // namespace

double sum_logistic_gradients(std::span<const PlacedBlock> blocks, std::span<const double> theta,
                              const TwoClassTargets& targets, std::span<const double> w, std::span<double> out) {
    TreeSum sum(theta.size() + 1);
    std::vector<double> copied;
    for (const PlacedBlock& block : blocks) {
        const Index start = static_cast<Index>(block.start), rows = static_cast<Index>(block.rows);
        copied.resize(std::max(copied.size(), rows));
        const std::span<double> t(copied.data(), rows), part = sum.part();
        copy_targets(targets, start, t);
        part.back() = std::visit(
            [&](const auto& x) {
                return add_logistic_gradient(x, theta, t, w.subspan(start, rows), part.first(theta.size()));
            },
            block.x);
    }
    const std::vector<double> total = sum.whole();
    std::copy(total.begin(), total.end() - 1, out.begin());
    return total.back();
}

}  // namespace labelaudit
