// Columns of numbers into encoded rows and into hashes of rows, in one pass each.
#pragma once

#include <cstdint>
#include <span>

namespace labelaudit {

// How a column of numbers is encoded: divided by 2^exponent, missing ones filled, less the mean, over the scale. With
// an indicator a second column is 1 where the number is missing, else 0, less its mean, over its scale.
struct Standard {
    int exponent;
    double fill;
    std::span<const double> mean;   // 1, or 2 with an indicator
    std::span<const double> scale;  // likewise
};

// out[i, at] = the number of row rows[i], and out[i, at + 1] its indicator; out is rows x cols. Every row is one of the
// values.
void standardise(std::span<const double> values, std::span<const std::int64_t> rows, const Standard& how,
                 std::span<double> out, std::int64_t cols, std::int64_t at);

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
constexpr std::uint64_t mixed(std::uint64_t h) {
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
}

// Adds to each total the mixed bits of the number times 2^exponent, and the salt: the same for 0 and -0, and for any
// NaN.
void add_hashes(std::span<const double> values, int exponent, std::uint64_t salt, std::span<std::int64_t> totals);

}  // namespace labelaudit
