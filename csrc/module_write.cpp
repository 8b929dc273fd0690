// The Python face of the CSV writer; with the other module_* files the only ones that include pybind11.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "csv_write.hpp"
#include "module_gate.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

using namespace la::gate;

// Never an array made of something else: it would be gone before it is read.
py::array borrowed(const py::handle& value, const std::string& name) {
    if (!py::isinstance<py::array>(value))
        refuse(name, "a plain numpy array", std::string("a ") + Py_TYPE(value.ptr())->tp_name);
    return py::reinterpret_borrow<py::array>(value);
}

// Words are borrowed: the list of columns, which Python holds for the whole call, keeps them alive.
la::CsvColumn words_of(const py::tuple& pair, std::int64_t rows) {
    if (pair.size() != 2) throw std::invalid_argument("columns: expected (codes, words)");
    la::CsvWords column{input<std::int64_t>(borrowed(pair[0], "codes"), "codes", {rows}), {}};
    if (!PyTuple_Check(pair[1].ptr())) throw std::invalid_argument("words: expected a tuple");
    for (const py::handle word : pair[1]) {
        if (!PyBytes_Check(word.ptr())) throw std::invalid_argument("words: expected bytes");
        column.words.emplace_back(PyBytes_AS_STRING(word.ptr()),
                                  static_cast<std::size_t>(PyBytes_GET_SIZE(word.ptr())));
    }
    const auto count = static_cast<std::int64_t>(column.words.size());
    for (const std::int64_t code : column.codes)
        if (code >= count) throw std::invalid_argument("codes: expected the number of a word or less than 0");
    return column;
}

la::CsvColumn column_of(const py::handle& column, std::int64_t rows) {
    if (py::isinstance<py::tuple>(column)) return words_of(column.cast<py::tuple>(), rows);
    const py::array values = borrowed(column, "columns");
    if (py::dtype::of<double>().equal(values.dtype())) return input<double>(values, "columns", {rows});
    return input<std::int64_t>(values, "columns", {rows});
}

py::bytes csv_records(const py::list& columns, std::int64_t rows, std::int64_t start, std::int64_t stop) {
    if (start < 0 || start > stop || stop > rows) throw std::invalid_argument("start, stop: expected some of the rows");
    const py::tuple held(columns);  // no other thread can take a column away
    std::vector<la::CsvColumn> found;
    for (const py::handle column : held) found.push_back(column_of(column, rows));
    std::string out;
    {
        const py::gil_scoped_release release;
        la::append_records(found, start, stop, out);
    }
    return out;
}

}  // namespace

void bind_csv_write(py::module_& m) {
    m.def("csv_records", &csv_records, py::arg("columns"), py::arg("rows"), py::arg("start"), py::arg("stop"),
          "CSV records of rows start to stop; columns: float64 or int64 arrays, or (int64 codes, tuple of bytes)");
}
