#include "indicator_matrix.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "instruction_set.hpp"
#include "matrix.hpp"

namespace labelaudit {
namespace {

constexpr std::int64_t kMany = 4 * panel_rows;  // rows at a time of a kernel that prepares something for each call

[[noreturn]] void refuse(const std::string& expected, std::int64_t got) {
    throw std::invalid_argument(expected + ", got " + std::to_string(got));
}

// Some rows at a time as a dense block. Between two of them only the ones of the first have to be taken out again.
class Panel {
  public:
    Panel(const IndicatorBlock& x, std::int64_t most)
        : x_(x), cells_(static_cast<std::size_t>(std::min(most, x.rows) * x.cols)) {}

    DenseBlock<double> at(std::int64_t start, std::int64_t count) {
        for (std::int64_t i = 0; i < filled_; ++i) each_slot(before_ + i, [&](std::int64_t c) { row(i)[c] = 0.0; });
        before_ = start;
        filled_ = count;
        for (std::int64_t i = 0; i < count; ++i) {
            double* const to = row(i);
            const double* const numbers = x_.numbers + (start + i) * x_.number_count;
            for (std::int64_t k = 0; k < x_.number_count; k += 8) __builtin_prefetch(numbers + 256 + k);
            for (const Run& run : x_.runs) std::copy_n(numbers + run.from, run.width, to + run.to);
            each_slot(start + i, [&](std::int64_t c) { to[c] = 1.0; });
            to[x_.cols - 1] = 1.0;
        }
        return {cells_.data(), count, x_.cols};
    }

  private:
    double* row(std::int64_t i) { return cells_.data() + i * x_.cols; }

    // Python may still write to the array of slots: whatever it holds, nothing but the row's own cells is touched.
    template <class F>
    void each_slot(std::int64_t i, F f) {
        for (std::int64_t k = 0; k < x_.slot_count; ++k) {
            const std::int64_t column = x_.slots[i * x_.slot_count + k];
            if (column >= 0 && column < x_.cols) f(column);
        }
    }

    const IndicatorBlock& x_;
    std::vector<double> cells_;
    std::int64_t before_ = 0, filled_ = 0;
};

// Calls f with every panel of at most so many rows, and with its first row.
template <class F>
void each_panel(const IndicatorBlock& x, std::int64_t most, F f) {
    Panel panel(x, most);
    for (std::int64_t start = 0; start < x.rows; start += most)
        f(panel.at(start, std::min(most, x.rows - start)), start);
}

}  // namespace

std::vector<Run> runs_of(std::span<const std::int64_t> places, std::int64_t cols) {
    if (cols < 1) refuse("cols: expected 1 or more", cols);
    std::vector<Run> runs;
    std::int64_t before = -1;
    for (std::size_t i = 0; i < places.size(); before = places[i++]) {
        if (places[i] <= before || places[i] >= cols - 1)
            refuse("places: expected columns that increase, below " + std::to_string(cols - 1), places[i]);
        if (i > 0 && places[i] == before + 1)
            ++runs.back().width;
        else
            runs.push_back({static_cast<std::int64_t>(i), places[i], 1});
    }
    return runs;
}

void check_slots(std::span<const std::int32_t> slots, std::span<const Run> runs, std::int64_t cols) {
    const auto holds_a_number = [&](std::int64_t column) {
        const auto after = std::ranges::upper_bound(runs, column, {}, &Run::to);
        return after != runs.begin() && column < std::prev(after)->to + std::prev(after)->width;
    };
    for (const std::int32_t slot : slots)
        if (slot < -1 || slot >= cols - 1 || holds_a_number(slot))
            refuse("slots: expected -1 or a column that holds no number, below " + std::to_string(cols - 1), slot);
}

void fill_dense(const IndicatorBlock& x, std::span<double> out) {
    each_panel(x, panel_rows, [&](const DenseBlock<double>& panel, std::int64_t start) {
        std::copy_n(panel.data, panel.rows * x.cols, out.data() + start * x.cols);
    });
}

void forward(const IndicatorBlock& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out) {
    each_panel(x, kMany, [&](const DenseBlock<double>& panel, std::int64_t start) {
        forward(panel, theta, outputs, out.subspan(static_cast<std::size_t>(start * outputs)));
    });
}

void add_backward(const IndicatorBlock& x, std::span<const double> r, std::int64_t outputs, std::span<double> out) {
    each_panel(x, panel_rows, [&](const DenseBlock<double>& panel, std::int64_t start) {
        add_backward(panel, r.subspan(static_cast<std::size_t>(start * outputs)), outputs, out);
    });
}

void add_gram(const IndicatorBlock& x, std::span<const double> w, std::int64_t pairs, std::span<double> out) {
    each_panel(x, kMany, [&](const DenseBlock<double>& panel, std::int64_t start) {
        add_gram(panel, w.subspan(static_cast<std::size_t>(start * pairs)), pairs, out);
    });
}

void quadratic(const IndicatorBlock& x, std::span<const double> m, std::int64_t pairs, std::span<double> out) {
    each_panel(x, kMany, [&](const DenseBlock<double>& panel, std::int64_t start) {
        quadratic(panel, m, pairs, out.subspan(static_cast<std::size_t>(start * pairs)));
    });
}

double add_logistic_gradient(const IndicatorBlock& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out) {
    double loss = 0;
    each_panel(x, logistic_rows, [&](const DenseBlock<double>& panel, std::int64_t start) {
        const auto from = static_cast<std::size_t>(start);
        loss += add_logistic_gradient(panel, theta, t.subspan(from), w.subspan(from), out);
    });
    return loss;
}

}  // namespace labelaudit
