// Rows of numbers and one-hot categories, which keep of a category where its 1 stands: the overloads of matrix.hpp.
//
// Some rows at a time are laid out as a dense block that stays in the cache, and go through the dense kernels there:
// the results are theirs to the last bit, and memory is read for the numbers alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace labelaudit {

// Neighbouring numbers of a row that are neighbouring columns.
struct Run {
    std::int64_t from;   // the first number
    std::int64_t to;     // its column
    std::int64_t width;  // how many there are
};

struct IndicatorBlock {
    const double* numbers;      // rows x number_count
    const std::int32_t* slots;  // rows x slot_count: the column that is 1, or -1 for none
    std::int64_t rows;
    std::int64_t cols;  // with the constant 1, which is the last
    std::int64_t number_count;
    std::int64_t slot_count;
    std::span<const Run> runs;
};

// Of which column each number is: increasing, none the last column. Throws std::invalid_argument otherwise.
std::vector<Run> runs_of(std::span<const std::int64_t> places, std::int64_t cols);

// Throws std::invalid_argument unless every slot is -1 or a column that holds no number and is not the constant.
void check_slots(std::span<const std::int32_t> slots, std::span<const Run> runs, std::int64_t cols);

// out = x, rows x cols.
void fill_dense(const IndicatorBlock& x, std::span<double> out);

void forward(const IndicatorBlock& x, std::span<const double> theta, std::int64_t outputs, std::span<double> out);

void add_backward(const IndicatorBlock& x, std::span<const double> r, std::int64_t outputs, std::span<double> out);

void add_gram(const IndicatorBlock& x, std::span<const double> w, std::int64_t pairs, std::span<double> out);

void quadratic(const IndicatorBlock& x, std::span<const double> m, std::int64_t pairs, std::span<double> out);

double add_logistic_gradient(const IndicatorBlock& x, std::span<const double> theta, std::span<const double> t,
                             std::span<const double> w, std::span<double> out);

}  // namespace labelaudit
