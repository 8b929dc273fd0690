// The module, with the bindings of softmax and conjugate gradient. With the other module_* files, the only ones that
// include pybind11: module_gate.hpp has the checks.
#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "cg.hpp"
#include "matrix.hpp"
#include "module_gate.hpp"
#include "softmax.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

void probabilities(const py::array& z, py::array& out) {
    const std::int64_t rows = dim(z, "z", 2, 0), outputs = outputs_of(z, "z");
    const auto logits = input(z, "z", {rows, outputs});
    const auto o = output(out, "out", {rows, outputs}, {&z});
    const py::gil_scoped_release release;
    la::probabilities(logits, outputs, o);
}

double residual(const py::array& z, const py::array& t, const py::array& w, py::array& out) {
    const std::int64_t rows = dim(z, "z", 2, 0), outputs = outputs_of(z, "z");
    const auto logits = input(z, "z", {rows, outputs});
    const auto targets = input(t, "t", {rows, outputs});
    const auto weights = input(w, "w", {rows});
    const auto o = output(out, "out", {rows, outputs}, {&z, &t, &w});
    const py::gil_scoped_release release;
    return la::residual(logits, targets, weights, outputs, o);
}

void curvature(const py::array& p, const py::array& w, py::array& out) {
    const std::int64_t rows = dim(p, "p", 2, 0), outputs = outputs_of(p, "p");
    const auto probability = input(p, "p", {rows, outputs});
    const auto weights = input(w, "w", {rows});
    const auto o = output(out, "out", {rows, la::pair_count(outputs)}, {&p, &w});
    const py::gil_scoped_release release;
    la::curvature(probability, weights, outputs, o);
}

void apply_curvature(const py::array& p, const py::array& w, const py::array& u, py::array& out) {
    const std::int64_t rows = dim(p, "p", 2, 0), outputs = outputs_of(p, "p"), vectors = dim(u, "u", 3, 2);
    const auto probability = input(p, "p", {rows, outputs});
    const auto weights = input(w, "w", {rows});
    const auto directions = input(u, "u", {rows, outputs, vectors});
    const auto o = output(out, "out", {rows, outputs, vectors}, {&p, &w, &u});
    if (o.empty()) return;  // no row, of any number of vectors
    const py::gil_scoped_release release;
    la::apply_curvature(probability, weights, directions, outputs, vectors, o);
}

// The operator is a Python function of an (m, n) array and the numbers of the m systems, so the GIL stays held: what it
// calls releases it itself.
struct PythonOperator {
    const py::function& function;
    std::int64_t n;

    void operator()(std::span<const double> v, std::span<const std::size_t> systems, std::span<double> out) const {
        const auto count = static_cast<std::int64_t>(systems.size());
        py::array_t<double> in({count, n});
        std::copy(v.begin(), v.end(), in.mutable_data());
        py::array_t<std::int64_t> numbers(count);
        std::transform(systems.begin(), systems.end(), numbers.mutable_data(),
                       [](std::size_t s) { return static_cast<std::int64_t>(s); });
        const py::object result = function(in, numbers);
        if (!py::isinstance<py::array>(result)) throw std::invalid_argument("operator: expected it to return an array");
        const auto product = input(result.cast<py::array>(), "the operator's result", {count, n});
        std::copy(product.begin(), product.end(), out.begin());
    }
};

py::list conjugate_gradient(const py::function& apply, const py::array& b, const py::array& inverse_diagonal,
                            py::array& x, double tolerance, std::int64_t max_steps) {
    const std::int64_t count = dim(b, "b", 2, 0), n = dim(b, "b", 2, 1);
    if (n == 0) refuse("b", "one unknown or more", "none");
    const auto rhs = input(b, "b", {count, n});
    const auto diagonal = input(inverse_diagonal, "inverse_diagonal", {n});
    const auto solution = output(x, "x", {count, n}, {&b, &inverse_diagonal});
    const PythonOperator wrapped{apply, n};
    static const char* const names[] = {"converged", "step_limit", "stagnated", "not_positive_definite", "not_finite"};
    py::list reports;
    for (const la::CgReport& r :
         la::ConjugateGradient<const PythonOperator>(wrapped, diagonal, rhs, solution, {tolerance, max_steps}).solve())
        reports.append(py::make_tuple(r.steps, r.residual, names[static_cast<std::size_t>(r.status)]));
    return reports;
}

void bind_kernels(py::module_& m) {
    m.def("probabilities", &probabilities, exact("z"), exact("out"), "out = softmax(z)");
    m.def("residual", &residual, exact("z"), exact("t"), exact("w"), exact("out"),
          "out = w (softmax(z) - t); returns the summed loss");
    m.def("curvature", &curvature, exact("p"), exact("w"), exact("out"),
          "out[i, (a, b)] = w (p_a [a = b] - p_a p_b), a <= b");
    m.def("apply_curvature", &apply_curvature, exact("p"), exact("w"), exact("u"), exact("out"),
          "out[i] = w (diag(p_i) - p_i p_i^T) u[i]");
    m.def(
        "conjugate_gradient", &conjugate_gradient, py::arg("apply"), exact("b"), exact("inverse_diagonal"), exact("x"),
        py::arg("tolerance"), py::arg("max_steps"),
        "Solves A x = b for each row of b, from x as the start, where apply(v, rows) is A times vectors v, each by the "
        "matrix of its row of b; returns (steps, residual, status) of each");
    m.def("instruction_sets", &la::instruction_sets, "Instruction sets of this build and processor, best first");
    m.def("instruction_set", &la::instruction_set, "The instruction set in use");
    m.def("use_instruction_set", &la::use_instruction_set, py::arg("name"), "Uses another one: for tests and timing");
}

}  // namespace

void bind_matrix(py::module_& m);     // module_matrix.cpp
void bind_csv_scan(py::module_& m);   // module_csv.cpp
void bind_csv_cells(py::module_& m);  // module_cells.cpp
void bind_columns(py::module_& m);    // module_columns.cpp
void bind_csv_write(py::module_& m);  // module_write.cpp
void bind_memory(py::module_& m);     // module_memory.cpp
void bind_noise(py::module_& m);      // module_noise.cpp

PYBIND11_MODULE(_core, m) {
    m.doc() = "Kernels of labelaudit.";
    bind_matrix(m);
    bind_kernels(m);
    bind_csv_scan(m);
    bind_csv_cells(m);
    bind_csv_write(m);
    bind_columns(m);
    bind_memory(m);
    bind_noise(m);
}
