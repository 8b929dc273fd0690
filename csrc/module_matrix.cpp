// The Python face of the matrix functions: one function each, for a dense array, a CsrMatrix and an IndicatorMatrix
// alike.

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "csr_matrix.hpp"
#include "indicator_matrix.hpp"
#include "logistic_sum.hpp"
#include "matrix.hpp"
#include "module_gate.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

// What Python holds: a checked matrix in one of its storage types. It never changes, so any thread may use it.
struct Csr {
    std::variant<la::CsrMatrix<double, std::int32_t>, la::CsrMatrix<double, std::int64_t>,
                 la::CsrMatrix<float, std::int32_t>, la::CsrMatrix<float, std::int64_t>>
        matrix;
};

// The same over arrays that it borrows: numbers may change under it, but nothing outside a row's cells is written.
struct Indicators {
    py::array numbers, slots, places;
    std::vector<la::Run> runs;
    std::int64_t cols;

    la::IndicatorBlock block() const {
        return {static_cast<const double*>(numbers.data()),
                static_cast<const std::int32_t*>(slots.data()),
                numbers.shape(0),
                cols,
                numbers.shape(1),
                slots.shape(1),
                runs};
    }
};

using Rows = std::variant<py::array, const Csr*, const Indicators*>;

template <class T>
la::DenseBlock<T> dense(const py::array& x) {
    return {input<T>(x, "x", {any, any}).data(), x.shape(0), x.shape(1)};
}

bool is_float(const py::array& x) {
    return py::dtype::of<float>().equal(x.dtype());
}

// Calls f with the block in its storage type, and with the arrays whose memory it borrows, if any.
template <class F>
void with_block(const Rows& x, F f) {
    if (const Csr* const* csr = std::get_if<const Csr*>(&x)) {
        std::visit([&](const auto& matrix) { f(matrix.block(), nullptr, nullptr); }, (*csr)->matrix);
    } else if (const Indicators* const* rows = std::get_if<const Indicators*>(&x)) {
        f((*rows)->block(), &(*rows)->numbers, &(*rows)->slots);
    } else {
        const py::array& array = std::get<py::array>(x);
        dim(array, "x", 2, 0);
        if (is_float(array))
            f(dense<float>(array), &array, nullptr);
        else
            f(dense<double>(array), &array, nullptr);
    }
}

// An empty array may have any number of rows of no column: where nothing is written, no loop runs over them.
void forward(const Rows& x, const py::array& theta, py::array& out) {
    const std::int64_t outputs = dim(theta, "theta", 2, 1);
    with_block(x, [&](auto block, const py::array* borrowed, const py::array* beside) {
        const auto t = input(theta, "theta", {block.cols, outputs});
        const auto o = output(out, "out", {block.rows, outputs}, {borrowed, beside, &theta});
        if (o.empty()) return;
        const py::gil_scoped_release release;
        la::forward(block, t, outputs, o);
    });
}

void add_backward(const Rows& x, const py::array& r, py::array& out) {
    const std::int64_t outputs = dim(r, "r", 2, 1);
    with_block(x, [&](auto block, const py::array* borrowed, const py::array* beside) {
        const auto residuals = input(r, "r", {block.rows, outputs});
        const auto o = output(out, "out", {block.cols, outputs}, {borrowed, beside, &r});
        if (o.empty()) return;
        const py::gil_scoped_release release;
        la::add_backward(block, residuals, outputs, o);
    });
}

void add_gram(const Rows& x, const py::array& w, py::array& out) {
    const std::int64_t pairs = dim(w, "w", 2, 1);
    with_block(x, [&](auto block, const py::array* borrowed, const py::array* beside) {
        const auto weights = input(w, "w", {block.rows, pairs});
        const auto o = output(out, "out", {pairs, block.cols, block.cols}, {borrowed, beside, &w});
        if (o.empty()) return;
        const py::gil_scoped_release release;
        la::add_gram(block, weights, pairs, o);
    });
}

void quadratic(const Rows& x, const py::array& m, py::array& out) {
    const std::int64_t pairs = dim(m, "m", 3, 0);
    with_block(x, [&](auto block, const py::array* borrowed, const py::array* beside) {
        const auto matrices = input(m, "m", {pairs, block.cols, block.cols});
        const auto o = output(out, "out", {block.rows, pairs}, {borrowed, beside, &m});
        if (o.empty()) return;
        const py::gil_scoped_release release;
        la::quadratic(block, matrices, pairs, o);
    });
}

template <class T, class Index>
constexpr bool is_sparse(const la::CsrBlock<T, Index>&) {
    return true;
}
template <class Block>
constexpr bool is_sparse(const Block&) {
    return false;
}

double add_logistic_gradient(const Rows& x, const py::array& theta, const py::array& t, const py::array& w,
                             py::array& out) {
    double loss = 0;
    with_block(x, [&](auto block, const py::array* borrowed, const py::array* beside) {
        if constexpr (is_sparse(decltype(block){})) {
            refuse("x", "an array or an IndicatorMatrix", "a CsrMatrix");
        } else {
            const auto parameters = input(theta, "theta", {block.cols});
            const auto targets = input(t, "t", {block.rows});
            const auto weights = input(w, "w", {block.rows});
            const auto o = output(out, "out", {block.cols}, {borrowed, beside, &theta, &t, &w});
            const py::gil_scoped_release release;
            loss = la::add_logistic_gradient(block, parameters, targets, weights, o);
        }
    });
    return loss;
}

// Class codes (rows,), or probabilities of two classes (rows, 2).
la::TwoClassTargets two_class_targets(const py::array& t, std::int64_t rows) {
    if (py::dtype::of<std::int64_t>().equal(t.dtype())) return {input<std::int64_t>(t, "t", {rows}), {}};
    return {{}, input(t, "t", {rows, 2})};
}

Rows rows_of(const py::object& x) {
    if (py::isinstance<py::array>(x)) return x.cast<py::array>();
    if (py::isinstance<Indicators>(x)) return x.cast<const Indicators*>();
    throw py::type_error("xs: expected arrays or IndicatorMatrix, got " + py::str(py::type::of(x)).cast<std::string>());
}

// xs are references of its own: a list may lose what it holds while others have the GIL.
double sum_logistic_gradients(const std::vector<py::object>& xs, const std::vector<std::int64_t>& starts,
                              const py::array& theta, const py::array& t, const py::array& w, py::array& out) {
    const std::int64_t cols = dim(theta, "theta", 1, 0), rows = dim(w, "w", 1, 0);
    if (xs.empty()) refuse("xs", "one block or more", "none");
    if (starts.size() != xs.size()) refuse("starts", "one for each block", std::to_string(starts.size()));
    const auto parameters = input(theta, "theta", {cols});
    const auto weights = input(w, "w", {rows});
    const la::TwoClassTargets targets = two_class_targets(t, rows);
    std::vector<la::PlacedBlock> blocks;
    std::span<double> o;
    for (std::size_t i = 0; i < xs.size(); ++i)
        with_block(rows_of(xs[i]), [&](auto block, const py::array* borrowed, const py::array* beside) {
            if constexpr (is_sparse(decltype(block){})) {
                refuse("xs", "arrays or IndicatorMatrix", "a CsrMatrix");
            } else {
                if (block.cols != cols) refuse("xs", "as many columns as theta", std::to_string(block.cols));
                if (starts[i] < 0 || starts[i] > rows || block.rows > rows - starts[i])
                    refuse("starts", "blocks within all rows", std::to_string(starts[i]));
                o = output(out, "out", {cols}, {borrowed, beside, &theta, &t, &w});
                blocks.push_back({block, starts[i], block.rows});
            }
        });
    const py::gil_scoped_release release;
    return la::sum_logistic_gradients(blocks, parameters, targets, weights, o);
}

template <class T>
std::vector<T> copied(const py::array& a, const std::string& name, const Shape& shape) {
    const std::span<const T> values = input<T>(a, name, shape);
    return {values.begin(), values.end()};
}

template <class T, class Index>
Csr checked(const py::array& indptr, const py::array& indices, const py::array& values, std::int64_t cols) {
    std::vector<Index> columns = copied<Index>(indices, "indices", {any});
    std::vector<T> entries = copied<T>(values, "values", {static_cast<std::int64_t>(columns.size())});
    std::vector<std::int64_t> offsets = copied<std::int64_t>(indptr, "indptr", {any});
    // Safe without the GIL, and whatever another thread does to the arrays: what is checked are the copies.
    const py::gil_scoped_release release;
    la::check_structure<Index>(offsets, columns, cols);
    return {la::CsrMatrix<T, Index>{la::shared(std::move(offsets)), la::shared(std::move(columns)),
                                    la::shared(std::move(entries)), cols}};
}

Csr csr_of(const py::array& indptr, const py::array& indices, const py::array& values, std::int64_t cols) {
    const bool narrow = py::dtype::of<std::int32_t>().equal(indices.dtype());
    if (py::dtype::of<float>().equal(values.dtype()))
        return narrow ? checked<float, std::int32_t>(indptr, indices, values, cols)
                      : checked<float, std::int64_t>(indptr, indices, values, cols);
    return narrow ? checked<double, std::int32_t>(indptr, indices, values, cols)
                  : checked<double, std::int64_t>(indptr, indices, values, cols);
}

Csr take(const Csr& self, const py::array& rows) {
    const std::span<const std::int64_t> positions = input<std::int64_t>(rows, "rows", {any});
    const py::gil_scoped_release release;
    return std::visit([&](const auto& x) { return Csr{la::take(x, positions)}; }, self.matrix);
}

Csr squared(const Csr& self) {
    const py::gil_scoped_release release;
    return std::visit([](const auto& x) { return Csr{la::squared(x)}; }, self.matrix);
}

py::array to_dense(const Csr& self) {
    return std::visit(
        [](const auto& x) {
            py::array_t<double> out({x.rows(), x.cols});
            const std::span<double> cells(out.mutable_data(), static_cast<std::size_t>(out.size()));
            const py::gil_scoped_release release;
            la::fill_dense(x, cells);
            return out;
        },
        self.matrix);
}

// A read-only view of one of its arrays, which keeps the matrix alive.
template <class T>
py::array view(const py::object& self, const std::vector<T>& values) {
    py::array_t<T> out(static_cast<py::ssize_t>(values.size()), values.data(), self);
    out.attr("setflags")(py::arg("write") = false);
    return out;
}

template <class Part>
auto viewer(Part part) {
    return [part](const py::object& self) {
        const Csr& csr = self.cast<const Csr&>();
        return std::visit([&](const auto& x) -> py::array { return view(self, *(x.*part(x))); }, csr.matrix);
    };
}

py::tuple shape(const Csr& self) {
    return std::visit([](const auto& x) { return py::make_tuple(x.rows(), x.cols); }, self.matrix);
}

void bind_csr(py::module_& m) {
    py::class_<Csr>(m, "CsrMatrix", py::is_final(),
                    "Compressed sparse rows, copied and checked once: columns increase strictly within a row")
        .def(py::init(&csr_of), exact("indptr"), exact("indices"), exact("values"), exact("cols"))
        .def("__len__", [](const Csr& s) { return std::visit([](const auto& x) { return x.rows(); }, s.matrix); })
        .def_property_readonly("shape", &shape)
        .def_property_readonly("nnz",
                               [](const Csr& s) { return std::visit([](const auto& x) { return x.nnz(); }, s.matrix); })
        .def_property_readonly("indptr", viewer([]<class X>(const X&) { return &X::indptr; }))
        .def_property_readonly("indices", viewer([]<class X>(const X&) { return &X::indices; }))
        .def_property_readonly("values", viewer([]<class X>(const X&) { return &X::values; }))
        .def("take", &take, exact("rows"), "Rows by position, in any order and any number of times")
        .def("squared", &squared, "Every entry squared, in float64")
        .def("to_dense", &to_dense, "As a float64 array");
}

Indicators indicators_of(const py::array& numbers, const py::array& slots, const py::array& places, std::int64_t cols) {
    const std::int64_t rows = dim(numbers, "numbers", 2, 0), count = dim(numbers, "numbers", 2, 1);
    check<double>(numbers, "numbers", {any, any});
    const auto taken = input<std::int32_t>(slots, "slots", {rows, any});
    Indicators made{numbers, slots, places, la::runs_of(input<std::int64_t>(places, "places", {count}), cols), cols};
    const py::gil_scoped_release release;
    la::check_slots(taken, made.runs, cols);
    return made;
}

py::array indicators_to_dense(const Indicators& self) {
    py::array_t<double> out({self.numbers.shape(0), self.cols});
    const std::span<double> cells(out.mutable_data(), static_cast<std::size_t>(out.size()));
    const la::IndicatorBlock block = self.block();
    {
        const py::gil_scoped_release release;
        la::fill_dense(block, cells);
    }
    return out;
}

void bind_indicators(py::module_& m) {
    py::class_<Indicators>(m, "IndicatorMatrix", py::is_final(),
                           "Rows of numbers and of one-hot categories, of which it keeps the columns that are 1")
        .def(py::init(&indicators_of), exact("numbers"), exact("slots"), exact("places"), exact("cols"))
        .def("__len__", [](const Indicators& s) { return s.numbers.shape(0); })
        .def_property_readonly("shape", [](const Indicators& s) { return py::make_tuple(s.numbers.shape(0), s.cols); })
        .def_readonly("numbers", &Indicators::numbers)
        .def_readonly("slots", &Indicators::slots)
        .def_readonly("places", &Indicators::places)
        .def("to_dense", &indicators_to_dense, "As a float64 array");
}

}  // namespace

void bind_matrix(py::module_& m) {
    bind_csr(m);
    bind_indicators(m);
    m.def("forward", &forward, exact("x"), exact("theta"), exact("out"), "out = x theta");
    m.def("add_backward", &add_backward, exact("x"), exact("r"), exact("out"), "out += x^T r");
    m.def("add_gram", &add_gram, exact("x"), exact("w"), exact("out"),
          "out[p] += x^T diag(w[:, p]) x, upper triangles only");
    m.def("quadratic", &quadratic, exact("x"), exact("m"), exact("out"), "out[i, p] = x_i^T m_p x_i");
    m.def("add_logistic_gradient", &add_logistic_gradient, exact("x"), exact("theta"), exact("t"), exact("w"),
          exact("out"), "out += x^T w (sigmoid(x theta) - t); returns the summed loss");
    m.def("sum_logistic_gradients", &sum_logistic_gradients, exact("xs"), exact("starts"), exact("theta"), exact("t"),
          exact("w"), exact("out"),
          "out = the gradients of all blocks in the fixed tree; returns the summed loss. Rows of xs[i] are those of t "
          "and w from starts[i] on; t is class codes, or probabilities of both classes");
}
