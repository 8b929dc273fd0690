// The Python face of the kernels and the place of every check; with module_csv.cpp the only file that includes
// pybind11.
//
// Arrays are borrowed: Python owns them and holds references for the whole call, so their memory outlives it. Each
// function checks first, then releases the GIL and runs plain C++ until it returns; nothing in between touches Python.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "cg.hpp"
#include "matrix.hpp"
#include "softmax.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using Shape = std::vector<std::int64_t>;
constexpr std::int64_t any = -1;

std::string text(const Shape& shape) {
    std::string out = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        out += (i ? ", " : "") + (shape[i] == any ? std::string("any") : std::to_string(shape[i]));
    return out + ")";
}

Shape shape_of(const py::array& a) {
    return {a.shape(), a.shape() + a.ndim()};
}

[[noreturn]] void refuse(const std::string& name, const std::string& expected, const std::string& got) {
    throw std::invalid_argument(name + ": expected " + expected + ", got " + got);
}

template <class T>
constexpr const char* type_name = std::is_same_v<T, double> ? "float64" : "float32";

void check_shape(const py::array& a, const std::string& name, const Shape& expected) {
    const Shape shape = shape_of(a);
    bool same = shape.size() == expected.size();
    for (std::size_t i = 0; same && i < shape.size(); ++i) same = expected[i] == any || expected[i] == shape[i];
    if (!same) refuse(name, "shape " + text(expected), text(shape));
}

// The one gate: dtype and byte order, C order, alignment and shape are as the kernels need them, or it is refused.
// So is a subclass: its memory need not be what it shows (a masked array's holds the values that it hides).
template <class T>
void check(const py::array& a, const std::string& name, const Shape& shape) {
    if (Py_TYPE(a.ptr()) != py::detail::npy_api::get().PyArray_Type_)
        refuse(name, "a plain numpy array", std::string("a ") + Py_TYPE(a.ptr())->tp_name);
    if (!py::dtype::of<T>().equal(a.dtype()))
        refuse(name, std::string(type_name<T>) + " in native byte order", py::str(a.dtype()).cast<std::string>());
    check_shape(a, name, shape);
    if (!(a.flags() & py::array::c_style)) refuse(name, "a C-contiguous array", "another memory order");
    if (reinterpret_cast<std::uintptr_t>(a.data()) % alignof(T)) refuse(name, "an aligned array", "an unaligned one");
}

template <class T = double>
std::span<const T> input(const py::array& a, const std::string& name, const Shape& shape) {
    check<T>(a, name, shape);
    return {static_cast<const T*>(a.data()), static_cast<std::size_t>(a.size())};
}

std::span<double> output(py::array& a, const std::string& name, const Shape& shape,
                         std::initializer_list<const py::array*> inputs) {
    check<double>(a, name, shape);
    if (!a.writeable()) refuse(name, "a writable array", "a read-only one");
    const auto* begin = static_cast<const char*>(a.data());
    const auto* end = begin + a.nbytes();
    for (const py::array* other : inputs) {
        const auto* from = static_cast<const char*>(other->data());
        if (begin < from + other->nbytes() && from < end) refuse(name, "memory of its own", "an overlap with an input");
    }
    return {static_cast<double*>(a.mutable_data()), static_cast<std::size_t>(a.size())};
}

// The number of logits of (rows, outputs).
std::int64_t outputs_of(const py::array& a, const std::string& name) {
    if (a.ndim() != 2) refuse(name, "2 dimensions", text(shape_of(a)));
    if (a.shape(1) == 0) refuse(name, "one output or more", "none");
    return a.shape(1);
}

std::int64_t dim(const py::array& a, const std::string& name, int ndim, int axis) {
    if (a.ndim() != ndim) refuse(name, std::to_string(ndim) + " dimensions", text(shape_of(a)));
    return a.shape(axis);
}

template <class T>
la::DenseBlock<T> dense(const py::array& x) {
    return {input<T>(x, "x", {any, any}).data(), x.shape(0), x.shape(1)};
}

// Calls f with the block in its storage type.
template <class F>
void with_block(const py::array& x, F f) {
    dim(x, "x", 2, 0);
    if (py::dtype::of<float>().equal(x.dtype()))
        f(dense<float>(x));
    else
        f(dense<double>(x));
}

void forward(const py::array& x, const py::array& theta, py::array& out) {
    const std::int64_t outputs = dim(theta, "theta", 2, 1);
    with_block(x, [&](auto block) {
        const auto t = input(theta, "theta", {block.cols, outputs});
        const auto o = output(out, "out", {block.rows, outputs}, {&x, &theta});
        const py::gil_scoped_release release;
        la::forward(block, t, outputs, o);
    });
}

void add_backward(const py::array& x, const py::array& r, py::array& out) {
    const std::int64_t outputs = dim(r, "r", 2, 1);
    with_block(x, [&](auto block) {
        const auto residuals = input(r, "r", {block.rows, outputs});
        const auto o = output(out, "out", {block.cols, outputs}, {&x, &r});
        const py::gil_scoped_release release;
        la::add_backward(block, residuals, outputs, o);
    });
}

void add_gram(const py::array& x, const py::array& w, py::array& out) {
    const std::int64_t pairs = dim(w, "w", 2, 1);
    with_block(x, [&](auto block) {
        const auto weights = input(w, "w", {block.rows, pairs});
        const auto o = output(out, "out", {pairs, block.cols, block.cols}, {&x, &w});
        const py::gil_scoped_release release;
        la::add_gram(block, weights, pairs, o);
    });
}

void quadratic(const py::array& x, const py::array& m, py::array& out) {
    const std::int64_t pairs = dim(m, "m", 3, 0);
    with_block(x, [&](auto block) {
        const auto matrices = input(m, "m", {pairs, block.cols, block.cols});
        const auto o = output(out, "out", {block.rows, pairs}, {&x, &m});
        const py::gil_scoped_release release;
        la::quadratic(block, matrices, pairs, o);
    });
}

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
    const py::gil_scoped_release release;
    la::apply_curvature(probability, weights, directions, outputs, vectors, o);
}

// The operator is a Python function of an (m, n) array, so the GIL stays held: what it calls releases it itself.
struct PythonOperator {
    const py::function& function;
    std::int64_t n;

    void operator()(std::span<const double> v, std::int64_t count, std::span<double> out) const {
        py::array_t<double> in({count, n});
        std::copy(v.begin(), v.end(), in.mutable_data());
        const py::object result = function(in);
        if (!py::isinstance<py::array>(result)) throw std::invalid_argument("operator: expected it to return an array");
        const auto product = input(result.cast<py::array>(), "the operator's result", {count, n});
        std::copy(product.begin(), product.end(), out.begin());
    }
};

py::list conjugate_gradient(const py::function& apply, const py::array& b, const py::array& inverse_diagonal,
                            py::array& x, double tolerance, std::int64_t max_steps) {
    const std::int64_t count = dim(b, "b", 2, 0), n = dim(b, "b", 2, 1);
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
    const auto exact = [](const char* name) { return py::arg(name).noconvert(); };
    m.def("forward", &forward, exact("x"), exact("theta"), exact("out"), "out = x theta");
    m.def("add_backward", &add_backward, exact("x"), exact("r"), exact("out"), "out += x^T r");
    m.def("add_gram", &add_gram, exact("x"), exact("w"), exact("out"),
          "out[p] += x^T diag(w[:, p]) x, upper triangles only");
    m.def("quadratic", &quadratic, exact("x"), exact("m"), exact("out"), "out[i, p] = x_i^T m_p x_i");
    m.def("probabilities", &probabilities, exact("z"), exact("out"), "out = softmax(z)");
    m.def("residual", &residual, exact("z"), exact("t"), exact("w"), exact("out"),
          "out = w (softmax(z) - t); returns the summed loss");
    m.def("curvature", &curvature, exact("p"), exact("w"), exact("out"),
          "out[i, (a, b)] = w (p_a [a = b] - p_a p_b), a <= b");
    m.def("apply_curvature", &apply_curvature, exact("p"), exact("w"), exact("u"), exact("out"),
          "out[i] = w (diag(p_i) - p_i p_i^T) u[i]");
    m.def("conjugate_gradient", &conjugate_gradient, py::arg("apply"), exact("b"), exact("inverse_diagonal"),
          exact("x"), py::arg("tolerance"), py::arg("max_steps"),
          "Solves A x = b for each row of b, from x as the start; returns (steps, residual, status) of each");
    m.def("instruction_sets", &la::instruction_sets, "Instruction sets of this build and processor, best first");
    m.def("instruction_set", &la::instruction_set, "The instruction set in use");
    m.def("use_instruction_set", &la::use_instruction_set, py::arg("name"), "Uses another one: for tests and timing");
}

}  // namespace

void bind_csv_scan(py::module_& m);  // module_csv.cpp

PYBIND11_MODULE(_core, m) {
    m.doc() = "Kernels of labelaudit.";
    bind_kernels(m);
    bind_csv_scan(m);
}
