// The Python face of the noise likelihood; with the other module_* files the only ones that include pybind11.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "link_search.hpp"
#include "module_gate.hpp"
#include "noise_likelihood.hpp"
#include "two_classes.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

// Each row's labels, held against the number of rows of the table.
la::NoisyLabels labels_of(const py::array& log_p, const py::array& index, const py::array& weight, std::int64_t kinds) {
    const std::int64_t rows = dim(log_p, "log_p", 2, 0), classes = outputs_of(log_p, "log_p");
    const la::NoisyLabels labels{input(log_p, "log_p", {rows, classes}), input<std::int64_t>(index, "index", {rows}),
                                 input(weight, "weight", {rows}), classes};
    for (const std::int64_t kind : labels.index)
        if (kind < 0 || kind >= kinds) throw std::invalid_argument("index: expected rows of the table");
    return labels;
}

// How likely labels are, by their rows of a table, and how it moves by a rate.
la::Likelihoods likelihoods_of(const py::array& table, const std::optional<py::array>& slopes, std::int64_t classes) {
    const std::int64_t kinds = dim(table, "table", 2, 0);
    return {input(table, "table", {kinds, classes}),
            slopes ? input(*slopes, "slopes", {kinds, classes}) : std::span<const double>{}};
}

double label_likelihood(const py::array& log_p, const py::array& index, const py::array& weight, const py::array& table,
                        const std::optional<py::array>& slopes, const py::array& v, py::array& gradient,
                        py::array& belief, std::optional<py::array> hessian) {
    const std::int64_t classes = outputs_of(log_p, "log_p"), kinds = dim(table, "table", 2, 0);
    const std::int64_t parameters = 1 + classes + (slopes ? 1 : 0);
    const la::NoisyLabels labels = labels_of(log_p, index, weight, kinds);
    const la::Likelihoods likelihoods = likelihoods_of(table, slopes, classes);
    const auto at = input(v, "v", {parameters});
    const py::array *s = slopes ? &*slopes : nullptr, *h = hessian ? &*hessian : nullptr;
    // before any is held against the others: where an array ends is known only of one that is what it says
    check<double>(belief, "belief", {kinds, classes});
    if (hessian) check<double>(*hessian, "hessian", {parameters, parameters});
    la::LikelihoodSums sums{
        output(gradient, "gradient", {parameters}, {&log_p, &index, &weight, &table, &v, s, &belief, h}),
        output(belief, "belief", {kinds, classes}, {&log_p, &index, &weight, &table, &v, s, &gradient, h}),
        {}};
    if (hessian)
        sums.hessian = output(*hessian, "hessian", {parameters, parameters},
                              {&log_p, &index, &weight, &table, &v, s, &gradient, &belief});
    const py::gil_scoped_release release;
    return la::label_likelihood(labels, likelihoods, at, sums);
}

la::LinkSearch link_search(std::int64_t classes, const py::array& start, const py::array& low, const py::array& high) {
    const std::int64_t parameters = dim(start, "start", 1, 0);
    if (classes < 1 || parameters - classes < 1 || parameters - classes > 2)
        refuse("start", "a logarithm of sharpness, a shift a class and at most a rate", text({parameters}));
    return {static_cast<std::size_t>(1 + classes), input(start, "start", {parameters}), input(low, "low", {parameters}),
            input(high, "high", {parameters})};
}

py::array_t<double> copy_of(std::span<const double> values) {
    return py::array_t<double>(static_cast<py::ssize_t>(values.size()), values.data());
}

void answer(la::LinkSearch& search, double likelihood, const py::array& gradient, const py::array& hessian) {
    const auto parameters = static_cast<std::int64_t>(search.state().asked().size());
    const auto slopes = input(gradient, "gradient", {parameters});
    const auto bends = input(hessian, "hessian", {parameters, parameters});
    if (search.state().over()) throw std::invalid_argument("likelihood: expected none, since the search is over");
    search.answer(likelihood, slopes, bends);
}

py::tuple search_link(const py::array& log_p, const py::array& index, const py::array& weight, const py::array& table,
                      const std::optional<py::array>& slopes, std::int64_t rows_at_once, const py::array& low,
                      const py::array& high, py::array& v) {
    const std::int64_t classes = outputs_of(log_p, "log_p"), kinds = dim(table, "table", 2, 0);
    const std::int64_t parameters = 1 + classes + (slopes ? 1 : 0);
    const la::NoisyLabels labels = labels_of(log_p, index, weight, kinds);
    const la::Likelihoods likelihoods = likelihoods_of(table, slopes, classes);
    if (rows_at_once < 1) refuse("rows_at_once", "one or more", std::to_string(rows_at_once));
    const auto lowest = input(low, "low", {parameters}), highest = input(high, "high", {parameters});
    const auto at =
        output(v, "v", {parameters}, {&log_p, &index, &weight, &table, slopes ? &*slopes : nullptr, &low, &high});
    la::LinkSearch search(static_cast<std::size_t>(1 + classes), at, lowest, highest);
    {
        const py::gil_scoped_release release;
        la::search_link(labels, likelihoods, static_cast<std::size_t>(rows_at_once), search);
        std::copy(search.state().best().begin(), search.state().best().end(), at.begin());
    }
    return py::make_tuple(search.best_likelihood(), -search.state().value());
}

la::TwoClasses two_classes(const py::array& p, const py::array& given, double smallest) {
    const std::int64_t rows = dim(p, "p", 2, 0);
    const la::TwoClasses labels{input(p, "p", {rows, 2}), input<std::int64_t>(given, "given", {rows}), smallest};
    for (const std::int64_t label : labels.given)
        if (label < 0 || label > 1) throw std::invalid_argument("given: expected 0 or 1");
    if (!(smallest > 0)) refuse("smallest", "a positive number", std::to_string(smallest));
    return labels;
}

void average_belief(const py::array& p, const py::array& given, double smallest, const py::array& nodes,
                    py::array& out) {
    const la::TwoClasses labels = two_classes(p, given, smallest);
    const auto table = input(nodes, "nodes", {dim(nodes, "nodes", 2, 0), 4});
    const auto o = output(out, "out", {p.shape(0), 2}, {&p, &given, &nodes});
    std::vector<la::BeliefNode> averaged;
    for (std::size_t i = 0; i < table.size(); i += 4)
        averaged.push_back({table[i], table[i + 1], {table[i + 2], table[i + 3]}});
    const py::gil_scoped_release release;
    la::average_belief(labels, averaged, o);
}

void add_cells(const py::array& p, const py::array& given, double smallest, double a_unit, py::array& count,
               py::array& total) {
    const la::TwoClasses labels = two_classes(p, given, smallest);
    const std::int64_t cells = dim(count, "count", 1, 0);
    if (cells % 2) refuse("count", "two for each cell", std::to_string(cells));
    check<double>(total, "total", {cells});  // before its memory is compared with another's
    const auto counts = output<std::int64_t>(count, "count", {cells}, {&p, &given, &total});
    const auto totals = output(total, "total", {cells}, {&p, &given, &count});
    bool all;
    {
        const py::gil_scoped_release release;
        all = la::add_cells(labels, a_unit, counts, totals);
    }
    if (!all) throw std::invalid_argument("p: expected probabilities whose log-odds lie in the cells");
}

}  // namespace

void bind_noise(py::module_& m) {
    m.def("label_likelihood", &label_likelihood, exact("log_p"), exact("index"), exact("weight"), exact("table"),
          exact("slopes"), exact("v"), exact("gradient"), exact("belief"), exact("hessian"),
          "Adds the derivatives of the labels' log-likelihood at v to the arrays given; returns the log-likelihood");
    m.def("search_link", &search_link, exact("log_p"), exact("index"), exact("weight"), exact("table"), exact("slopes"),
          py::arg("rows_at_once"), exact("low"), exact("high"), exact("v"),
          "v goes to the likeliest link (and rate) within its bounds; returns its log-likelihood, and with the priors");
    py::class_<la::LinkSearch>(m, "LinkSearch", py::is_final())
        .def(py::init(&link_search), py::arg("classes"), exact("start"), exact("low"), exact("high"))
        .def_property_readonly("over", [](const la::LinkSearch& search) { return search.state().over(); })
        .def_property_readonly("asked", [](const la::LinkSearch& search) { return copy_of(search.state().asked()); })
        .def_property_readonly("curved", [](const la::LinkSearch& search) { return search.state().curved(); })
        .def_property_readonly("best", [](const la::LinkSearch& search) { return copy_of(search.state().best()); })
        .def_property_readonly("likelihood", &la::LinkSearch::best_likelihood)
        .def_property_readonly("value", [](const la::LinkSearch& search) { return -search.state().value(); })
        .def("answer", &answer, py::arg("likelihood"), exact("gradient"), exact("hessian"));
    m.def("average_belief", &average_belief, exact("p"), exact("given"), py::arg("smallest"), exact("nodes"),
          exact("out"),
          "out[i, given] = sum of weight / (1 + exp(-(sharpness log-odds + offset[given]))), and 1 less that for the "
          "other class; nodes: weight, sharpness, offsets");
    m.def("add_cells", &add_cells, exact("p"), exact("given"), py::arg("smallest"), py::arg("a_unit"), exact("count"),
          exact("total"), "Adds rows, and their log-odds, to cells of 1 / a_unit from log(smallest) on, by label");
}
