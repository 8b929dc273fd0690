// Labels of two classes: of a row, noise models see its label and one logit alone.
//
// A row's log-odds are those of its probabilities p (rows x 2), none taken to be below `smallest`.
#pragma once

#include <cstdint>
#include <span>

namespace labelaudit {

struct TwoClasses {
    std::span<const double> p;            // rows x 2
    std::span<const std::int64_t> given;  // rows: 0 or 1
    double smallest;
};

// One of several noise models that beliefs are averaged over: the log-odds of the label's class are sharpness times the
// model's, plus the offset of the label (first of class 0). Weights sum to 1.
struct BeliefNode {
    double weight;
    double sharpness;
    double offset[2];
};

// The probabilities of the true class, (rows x 2), averaged over the nodes.
void average_belief(const TwoClasses& labels, std::span<const BeliefNode> nodes, std::span<double> out);

// Adds to the number of rows, and to the sum of their log-odds of the second class, in each cell: cell c of label g,
// at 2 c + g, has log-odds from log(smallest) + c / a_unit on. Returns whether all rows have a cell; if not, some rows
// have been added.
bool add_cells(const TwoClasses& labels, double a_unit, std::span<std::int64_t> count, std::span<double> total);

}  // namespace labelaudit
