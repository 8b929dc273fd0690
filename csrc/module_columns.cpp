// The Python face of columns of numbers; with the other module_* files the only ones that include pybind11.
#include <cstdint>
#include <stdexcept>

#include "columns.hpp"
#include "module_gate.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

constexpr int largest_exponent = 2200;  // ldexp of any more is 0 or infinite for any number

int exponent_of(std::int64_t exponent) {
    if (exponent < -largest_exponent || exponent > largest_exponent)
        throw std::invalid_argument("exponent: expected one that a float64 may have");
    return static_cast<int>(exponent);
}

void standardise(const py::array& values, const py::array& rows, std::int64_t exponent, double fill,
                 const py::array& mean, const py::array& scale, py::array& out, std::int64_t at) {
    const std::int64_t size = dim(values, "values", 1, 0), count = dim(rows, "rows", 1, 0);
    const std::int64_t width = dim(mean, "mean", 1, 0), cols = dim(out, "out", 2, 1);
    if (width != 1 && width != 2) refuse("mean", "1 or 2 values", std::to_string(width));
    const auto numbers = input(values, "values", {size});
    const auto taken = input<std::int64_t>(rows, "rows", {count});
    const la::Standard how{exponent_of(exponent), fill, input(mean, "mean", {width}), input(scale, "scale", {width})};
    const auto o = output(out, "out", {count, cols}, {&values, &rows, &mean, &scale});
    if (at < 0 || at > cols - width) throw std::invalid_argument("at: expected columns of out");
    for (const std::int64_t row : taken)
        if (row < 0 || row >= size) throw std::invalid_argument("rows: expected rows of the values");
    const py::gil_scoped_release release;
    la::standardise(numbers, taken, how, o, cols, at);
}

void add_hashes(const py::array& values, std::int64_t exponent, std::uint64_t salt, py::array& totals) {
    const std::int64_t rows = dim(values, "values", 1, 0);
    const auto numbers = input(values, "values", {rows});
    const auto sums = output<std::int64_t>(totals, "totals", {rows}, {&values});
    const int power = exponent_of(exponent);
    const py::gil_scoped_release release;
    la::add_hashes(numbers, power, salt, sums);
}

}  // namespace

void bind_columns(py::module_& m) {
    m.def("standardise", &standardise, exact("values"), exact("rows"), py::arg("exponent"), py::arg("fill"),
          exact("mean"), exact("scale"), exact("out"), py::arg("at"),
          "out[:, at] = (values[rows] / 2**exponent, filled, - mean) / scale; with two means an indicator beside it");
    m.def("add_hashes", &add_hashes, exact("values"), py::arg("exponent"), py::arg("salt"), exact("totals"),
          "totals (int64 bits) += mixed(bits of values * 2**exponent ^ salt)");
}
