// The Python face of the noise likelihood; with the other module_* files the only ones that include pybind11.
#include <cstdint>
#include <optional>
#include <vector>

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
    check<double>(belief, "belief", {kinds, classes});  // before their memory is compared with another's
    if (hessian) check<double>(*hessian, "hessian", {parameters, parameters});
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

void average_belief(const py::array& towards, const py::array& given, const py::array& nodes, py::array& out) {
    const std::int64_t rows = dim(towards, "towards", 1, 0), count = dim(nodes, "nodes", 2, 0);
    const auto logits = input(towards, "towards", {rows});
    const auto labels = input<std::int64_t>(given, "given", {rows});
    const auto table = input(nodes, "nodes", {count, 4});
    const auto o = output(out, "out", {rows}, {&towards, &given, &nodes});
    for (const std::int64_t label : labels)
        if (label < 0 || label > 1) throw std::invalid_argument("given: expected 0 or 1");
    std::vector<la::BeliefNode> averaged;
    for (std::size_t i = 0; i < table.size(); i += 4)
        averaged.push_back({table[i], table[i + 1], {table[i + 2], table[i + 3]}});
    const py::gil_scoped_release release;
    la::average_belief(logits, labels, averaged, o);
}

void log_odds(const py::array& p, double smallest, py::array& out) {
    const std::int64_t rows = dim(p, "p", 2, 0);
    const auto probabilities = input(p, "p", {rows, 2});
    const auto o = output(out, "out", {rows}, {&p});
    const py::gil_scoped_release release;
    la::log_odds(probabilities, smallest, o);
}

}  // namespace

void bind_noise(py::module_& m) {
    m.def("label_likelihood", &label_likelihood, exact("log_p"), exact("index"), exact("weight"), exact("table"),
          exact("slopes"), py::arg("sharpness"), exact("shift"), exact("gradient"), exact("belief"), exact("hessian"),
          "Adds the derivatives of the labels' log-likelihood to the arrays given; returns the log-likelihood");
    m.def("average_belief", &average_belief, exact("towards"), exact("given"), exact("nodes"), exact("out"),
          "out = sum of weight / (1 + exp(-(sharpness towards + offset[given]))); nodes: weight, sharpness, offsets");
    m.def("log_odds", &log_odds, exact("p"), py::arg("smallest"), exact("out"),
          "out = log(max(p[:, 1], smallest)) - log(max(p[:, 0], smallest))");
}
