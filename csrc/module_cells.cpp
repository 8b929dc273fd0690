// The Python face of the reader of cells; with the other module_* files the only ones that include pybind11.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "csv_cells.hpp"
#include "formulas.hpp"
#include "module_gate.hpp"
#include "row_contents.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

// One column: what is missing in it, and where its cells go. Both are borrowed from a tuple that Python holds for the
// whole call. A deque's elements stay where they are.
struct Taken {
    std::vector<std::string_view> missing;
    std::optional<la::NumberColumn> numbers;
    std::optional<la::WordColumn> words;
};

struct Memory {
    const char* begin;
    const char* end;
};

std::vector<std::string_view> missing_of(const py::handle& words) {
    if (!PyTuple_Check(words.ptr())) throw std::invalid_argument("missing: expected a tuple");
    std::vector<std::string_view> found;
    for (const py::handle word : words) {
        if (!PyBytes_Check(word.ptr())) throw std::invalid_argument("missing: expected bytes");
        found.emplace_back(PyBytes_AS_STRING(word.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(word.ptr())));
    }
    return found;
}

// A plain writable array of its own, of numbers or of codes.
template <class T>
std::span<T> slots_of(const py::handle& value, std::int64_t rows, std::vector<Memory>& used) {
    py::array slots = py::reinterpret_borrow<py::array>(value);
    check<T>(slots, "slots", {rows});
    if (!slots.writeable()) refuse("slots", "a writable array", "a read-only one");
    const auto* begin = static_cast<const char*>(slots.data());
    const Memory memory{begin, begin + slots.nbytes()};
    for (const Memory& other : used)
        if (memory.begin < other.end && other.begin < memory.end) refuse("slots", "memory of its own", "an overlap");
    used.push_back(memory);
    return {static_cast<T*>(slots.mutable_data()), static_cast<std::size_t>(rows)};
}

void take_column(const py::handle& column, std::int64_t rows, std::vector<Memory>& used, Taken& taken) {
    if (!PyTuple_Check(column.ptr()) || PyTuple_GET_SIZE(column.ptr()) != 2)
        throw std::invalid_argument("columns: expected None or (missing, slots)");
    const auto pair = py::reinterpret_borrow<py::tuple>(column);
    taken.missing = missing_of(pair[0]);
    if (!py::isinstance<py::array>(pair[1])) refuse("slots", "a plain numpy array", Py_TYPE(pair[1].ptr())->tp_name);
    if (py::dtype::of<double>().equal(py::reinterpret_borrow<py::array>(pair[1]).dtype()))
        taken.numbers.emplace(taken.missing, slots_of<double>(pair[1], rows, used));
    else
        taken.words.emplace(taken.missing, slots_of<std::int64_t>(pair[1], rows, used));
}

py::object found_in(const la::CellTaker& taker) {
    if (taker.numbers) return py::make_tuple(taker.numbers->missing(), taker.numbers->all_integers());
    if (!taker.words) return py::none();
    py::list words;
    for (const std::string_view word : taker.words->words()) {
        PyObject* text = PyUnicode_DecodeUTF8(word.data(), static_cast<py::ssize_t>(word.size()), nullptr);
        if (!text) throw py::error_already_set();
        words.append(py::reinterpret_steal<py::str>(text));
    }
    return words;
}

py::buffer_info bytes_of(const py::buffer& data) {
    py::buffer_info info = data.request();
    if (info.ndim != 1 || info.itemsize != 1 || (info.size > 1 && info.strides[0] != 1))
        throw std::invalid_argument("data: expected one contiguous row of bytes");
    return info;
}

py::list csv_cells(const py::buffer& data, char delimiter, std::int64_t rows, const py::list& columns) {
    const py::buffer_info info = bytes_of(data);
    if (rows < 0) throw std::invalid_argument("rows: expected 0 or more");
    const py::tuple held(columns);  // no other thread can take a column away
    const auto* begin = static_cast<const char*>(info.ptr);
    std::vector<Memory> used{{begin, begin + info.size}};
    std::deque<Taken> taken;
    std::vector<la::CellTaker> takers;
    for (const py::handle column : held) {
        Taken& one = taken.emplace_back();
        if (!column.is_none()) take_column(column, rows, used, one);
        takers.push_back({one.numbers ? &*one.numbers : nullptr, one.words ? &*one.words : nullptr});
    }
    {
        // Safe without the GIL: `info`, `held` and what it holds keep all memory where it is.
        const py::gil_scoped_release release;
        la::take_cells({begin, static_cast<std::size_t>(info.size)}, delimiter, takers, static_cast<std::size_t>(rows));
    }
    py::list found;
    for (const la::CellTaker& taker : takers) found.append(found_in(taker));
    return found;
}

bool formula_like(const py::bytes& cell) {
    return la::is_formula_like(static_cast<std::string_view>(cell));
}

std::int64_t count_formula_like(const py::buffer& data, char delimiter) {
    const py::buffer_info info = bytes_of(data);
    // Safe without the GIL: `info` keeps the bytes where they are.
    const py::gil_scoped_release release;
    return la::count_formula_like({static_cast<const char*>(info.ptr), static_cast<std::size_t>(info.size)}, delimiter);
}

std::vector<la::ContentColumn> content_columns(const py::tuple& heads) {
    std::vector<la::ContentColumn> columns;
    std::vector<bool> seen(heads.size());
    for (const py::handle head : heads) {
        if (!PyTuple_Check(head.ptr()) || PyTuple_GET_SIZE(head.ptr()) != 2)
            throw std::invalid_argument("columns: expected (field, head)");
        PyObject *field = PyTuple_GET_ITEM(head.ptr(), 0), *bytes = PyTuple_GET_ITEM(head.ptr(), 1);
        if (!PyLong_Check(field) || !PyBytes_Check(bytes))
            throw std::invalid_argument("columns: expected (field, head)");
        const std::size_t place = PyLong_AsSize_t(field);
        if (PyErr_Occurred()) PyErr_Clear();  // it is then the largest size
        if (place >= seen.size() || seen[place]) throw std::invalid_argument("columns: expected every field once");
        seen[place] = true;
        columns.push_back({place, {PyBytes_AS_STRING(bytes), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes))}});
    }
    if (columns.empty()) throw std::invalid_argument("columns: expected one or more");
    return columns;
}

py::list row_contents(const py::buffer& data, char delimiter, std::int64_t rows, const py::tuple& columns) {
    const py::buffer_info info = bytes_of(data);
    if (rows < 0 || rows > info.size) throw std::invalid_argument("rows: expected no more than the bytes hold");
    const std::vector<la::ContentColumn> wanted = content_columns(columns);
    la::RowContents contents;
    {
        // Safe without the GIL: `info` and `columns` keep all bytes where they are.
        const py::gil_scoped_release release;
        contents = la::row_contents({static_cast<const char*>(info.ptr), static_cast<std::size_t>(info.size)},
                                    delimiter, wanted, static_cast<std::size_t>(rows));
    }
    py::list found;
    std::size_t start = 0;
    for (const std::size_t end : contents.ends) {
        found.append(py::bytes(contents.bytes.data() + start, end - start));
        start = end;
    }
    return found;
}

}  // namespace

void bind_csv_cells(py::module_& m) {
    m.def("csv_cells", &csv_cells, py::arg("data"), py::arg("delimiter"), py::arg("rows"), py::arg("columns"),
          "Cells of well-formed records; columns: for each field None or (missing, slots), float64 slots for numbers, "
          "int64 for words. Returns for each (missing cells, all integers), words by code, or None");
    m.def("formula_like", &formula_like, py::arg("cell"),
          "Whether a spreadsheet would take the cell, UTF-8, for a formula; a plain number is none");
    m.def("count_formula_like", &count_formula_like, py::arg("data"), py::arg("delimiter"),
          "How many cells of well-formed records are formula-like");
    m.def("row_contents", &row_contents, py::arg("data"), py::arg("delimiter"), py::arg("rows"), py::arg("columns"),
          "For each well-formed record (field, head)'s heads, in this order, each before its cell behind its length");
}
