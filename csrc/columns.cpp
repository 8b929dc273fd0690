#include "columns.hpp"

#include <bit>
#include <cmath>
#include <limits>

namespace labelaudit {

namespace {

// value * 2^exponent as std::ldexp has it; a product is as exact wherever nothing becomes subnormal.
class PowerOfTwo {
  public:
    explicit PowerOfTwo(int exponent) : exponent_(exponent), factor_(std::ldexp(1.0, exponent)) {}

    double times(double value) const {
        const double product = value * factor_;
        const double size = std::fabs(product);
        return std::isnormal(factor_) && (size >= kSmallest || value == 0 || value != value)
                   ? product
                   : std::ldexp(value, exponent_);
    }

  private:
    static constexpr double kSmallest = std::numeric_limits<double>::min();
    int exponent_;
    double factor_;
};

}  // namespace

void standardise(std::span<const double> values, std::span<const std::int64_t> rows, const Standard& how,
                 std::span<double> out, std::int64_t cols, std::int64_t at) {
    const PowerOfTwo power(-how.exponent);
    const bool indicator = how.mean.size() > 1;
    const double present = indicator ? (0.0 - how.mean[1]) / how.scale[1] : 0.0;
    const double absent = indicator ? (1.0 - how.mean[1]) / how.scale[1] : 0.0;
    double* place = out.data() + at;
    for (const std::int64_t row : rows) {
        const double value = power.times(values[static_cast<std::size_t>(row)]);
        const bool missing = value != value;
        place[0] = ((missing ? how.fill : value) - how.mean[0]) / how.scale[0];
        if (indicator) {
            place[1] = missing ? absent : present;
        }
        place += cols;
    }
}

void add_hashes(std::span<const double> values, int exponent, std::uint64_t salt, std::span<std::int64_t> totals) {
    const PowerOfTwo power(exponent);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double scaled = power.times(values[i]) + 0.0;
        const double value = scaled != scaled ? std::numeric_limits<double>::quiet_NaN() : scaled;
        const std::uint64_t total =
            static_cast<std::uint64_t>(totals[i]) + mixed(std::bit_cast<std::uint64_t>(value) ^ salt);
        totals[i] = static_cast<std::int64_t>(total);
    }
}

}  // namespace labelaudit
