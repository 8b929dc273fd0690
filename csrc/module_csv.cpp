// The Python face of the CSV scanner; with module.cpp the only file that includes pybind11.

#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "csv_scan.hpp"

namespace py = pybind11;

namespace {

using labelaudit::CsvError;
using labelaudit::CsvFault;
using labelaudit::CsvScanner;

std::span<const char> bytes_of(const py::buffer_info& info) {
    if (info.ndim != 1 || info.itemsize != 1 || (info.size > 1 && info.strides[0] != 1)) {
        throw std::invalid_argument("expected one contiguous row of bytes");
    }
    return {static_cast<const char*>(info.ptr), static_cast<std::size_t>(info.size)};
}

// The array owns the moved vector, so nothing is copied and nothing dangles.
py::array_t<std::int64_t> array_of(std::vector<std::int64_t>&& values) {
    auto owned = std::make_unique<std::vector<std::int64_t>>(std::move(values));
    const auto size = static_cast<py::ssize_t>(owned->size());
    const std::int64_t* data = owned->data();
    py::capsule owner(owned.release(), [](void* held) { delete static_cast<std::vector<std::int64_t>*>(held); });
    return py::array_t<std::int64_t>(size, data, owner);
}

// What Python holds: a scanner that one call at a time may use, since the GIL does not guard it while it scans.
class CsvScan {
  public:
    CsvScan(char delimiter, std::int64_t skip_lines) : scanner_(delimiter, skip_lines) {}

    void feed(const py::buffer& data) {
        const py::buffer_info info = data.request();
        const auto bytes = bytes_of(info);
        const auto use = begin_use();
        // Safe without the GIL: `info` keeps the buffer from moving, and scanner and bytes are plain memory.
        const py::gil_scoped_release release;
        scanner_.feed(bytes);
    }

    void finish() {
        const auto use = begin_use();
        scanner_.finish();
        finished_ = true;
    }

    CsvScanner& finished() {
        if (!finished_) {
            throw std::invalid_argument("the scan is not finished");
        }
        return scanner_;
    }

  private:
    struct Use {
        std::atomic_flag& flag;
        explicit Use(std::atomic_flag& taken) : flag(taken) {}
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        ~Use() { flag.clear(); }
    };

    Use begin_use() {
        if (finished_) {
            throw std::invalid_argument("the scan is finished");
        }
        if (busy_.test_and_set()) {
            throw std::invalid_argument("another thread is using this scanner");
        }
        return Use(busy_);
    }

    CsvScanner scanner_;
    std::atomic_flag busy_;
    bool finished_ = false;
};

void bind_csv_error(py::module_& m) {
    py::native_enum<CsvFault>(m, "CsvFault", "enum.Enum")
        .value("TOO_FEW_FIELDS", CsvFault::kTooFewFields)
        .value("TOO_MANY_FIELDS", CsvFault::kTooManyFields)
        .value("UNCLOSED_QUOTE", CsvFault::kUnclosedQuote)
        .value("TEXT_AFTER_QUOTE", CsvFault::kTextAfterQuote)
        .value("BARE_QUOTE", CsvFault::kBareQuote)
        .value("NUL", CsvFault::kNul)
        .value("INVALID_UTF8", CsvFault::kInvalidUtf8)
        .value("BARE_CARRIAGE_RETURN", CsvFault::kBareCarriageReturn)
        .finalize();
    py::class_<CsvError>(m, "CsvError")
        .def_readonly("fault", &CsvError::fault)
        .def_readonly("line", &CsvError::line)
        .def_readonly("start_line", &CsvError::start_line)
        .def_readonly("column", &CsvError::column)
        .def_readonly("offset", &CsvError::offset)
        .def_readonly("found", &CsvError::found)
        .def_readonly("expected", &CsvError::expected);
}

}  // namespace

void bind_csv_scan(py::module_& m) {
    bind_csv_error(m);
    py::class_<CsvScan>(m, "CsvScanner")
        .def(py::init<char, std::int64_t>(), py::kw_only(), py::arg("delimiter"), py::arg("skip_lines") = 0)
        .def("feed", &CsvScan::feed, py::arg("data"))
        .def("finish", &CsvScan::finish)
        .def("take_lines", [](CsvScan& s) { return array_of(std::exchange(s.finished().lines(), {})); })
        .def("take_offsets", [](CsvScan& s) { return array_of(std::exchange(s.finished().offsets(), {})); })
        .def("take_blank_offsets", [](CsvScan& s) { return array_of(std::exchange(s.finished().blank_offsets(), {})); })
        .def_property_readonly("header_fields", [](CsvScan& s) { return s.finished().header_fields(); })
        .def_property_readonly("header_line", [](CsvScan& s) { return s.finished().header_line(); })
        .def_property_readonly("header_offset", [](CsvScan& s) { return s.finished().header_offset(); })
        .def_property_readonly("header_end", [](CsvScan& s) { return s.finished().header_end(); })
        .def_property_readonly("error_count", [](CsvScan& s) { return s.finished().error_count(); })
        .def_property_readonly("errors", [](CsvScan& s) { return s.finished().errors(); });
}
