// The Python face of the noise likelihood; with the other module_* files the only ones that include pybind11.
#include <cstdint>
#include <optional>

#include "module_gate.hpp"
#include "noise_likelihood.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

double label_likelihood(const py::array& log_p, const py::array& index, const py::array& weight, const py::array& table,
                        const std::optional<py::array>& slopes, double sharpness, const py::array& shift,
                        py::array& gradient, py::array& belief, std::optional<py::array> hessian) {
    const std::int64_t rows = dim(log_p, "log_p", 2, 0), classes = outputs_of(log_p, "log_p");
    const std::int64_t kinds = dim(table, "table", 2, 0), parameters = 1 + classes + (slopes ? 1 : 0);
    const la::NoisyLabels labels{input(log_p, "log_p", {rows, classes}), input<std::int64_t>(index, "index", {rows}),
                                 input(weight, "weight", {rows}), classes};
    const auto likelihoods = input(table, "table", {kinds, classes});
    const auto by_rate = slopes ? input(*slopes, "slopes", {kinds, classes}) : std::span<const double>{};
    const la::Link link{sharpness, input(shift, "shift", {classes})};
    const py::array *s = slopes ? &*slopes : nullptr, *h = hessian ? &*hessian : nullptr;
    // before any is held against the others: where an array ends is known only of one that is what it says
    check<double>(belief, "belief", {kinds, classes});
    if (hessian) check<double>(*hessian, "hessian", {parameters, parameters});
    la::LikelihoodSums sums{
        output(gradient, "gradient", {parameters}, {&log_p, &index, &weight, &table, &shift, s, &belief, h}),
        output(belief, "belief", {kinds, classes}, {&log_p, &index, &weight, &table, &shift, s, &gradient, h}),
        {}};
    if (hessian)
        sums.hessian = output(*hessian, "hessian", {parameters, parameters},
                              {&log_p, &index, &weight, &table, &shift, s, &gradient, &belief});
    for (const std::int64_t kind : labels.index)
        if (kind < 0 || kind >= kinds) throw std::invalid_argument("index: expected rows of the table");
    const py::gil_scoped_release release;
    return la::label_likelihood(labels, likelihoods, by_rate, link, sums);
}

}  // namespace

void bind_noise(py::module_& m) {
    m.def("label_likelihood", &label_likelihood, exact("log_p"), exact("index"), exact("weight"), exact("table"),
          exact("slopes"), py::arg("sharpness"), exact("shift"), exact("gradient"), exact("belief"), exact("hessian"),
          "Adds the derivatives of the labels' log-likelihood to the arrays given; returns the log-likelihood");
}
