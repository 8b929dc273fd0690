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
#include "text_notes.hpp"

namespace py = pybind11;

namespace {

using labelaudit::CsvError;
using labelaudit::CsvFault;
using labelaudit::CsvScanner;
using labelaudit::TextNotes;

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

// What Python holds: a reader of pieces that one call at a time may use, since the GIL does not guard it while it
// reads.
template <typename Reader>
class Guarded {
  public:
    template <typename... Arguments>
    explicit Guarded(Arguments... arguments) : reader_(arguments...) {}

    void feed(const py::buffer& data) {
        const py::buffer_info info = data.request();
        const auto bytes = bytes_of(info);
        const auto use = begin_use();
        // Safe without the GIL: `info` keeps the buffer from moving, and reader and bytes are plain memory.
        const py::gil_scoped_release release;
        reader_.feed(bytes);
    }

    void finish() {
        const auto use = begin_use();
        reader_.finish();
        finished_ = true;
    }

    Reader& finished() {
        if (!finished_) {
            throw std::invalid_argument("the reading is not finished");
        }
        return reader_;
    }

    // What the pieces so far have left, finished or not.
    template <typename Look>
    auto between(Look look) {
        const Use use(busy_);
        return look(reader_);
    }

  private:
    struct Use {
        std::atomic_flag& flag;
        explicit Use(std::atomic_flag& taken) : flag(taken) {
            if (flag.test_and_set()) {
                throw std::invalid_argument("another thread is using this");
            }
        }
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        ~Use() { flag.clear(); }
    };

    Use begin_use() {
        if (finished_) {
            throw std::invalid_argument("the reading is finished");
        }
        return Use(busy_);
    }

    Reader reader_;
    std::atomic_flag busy_;
    bool finished_ = false;
};

using CsvScan = Guarded<CsvScanner>;
using Notes = Guarded<TextNotes>;

// Lines and offsets of records and offsets of empty lines, as arrays that replace them.
py::tuple take_records(CsvScanner& scanner) {
    return py::make_tuple(array_of(std::exchange(scanner.lines(), {})), array_of(std::exchange(scanner.offsets(), {})),
                          array_of(std::exchange(scanner.blank_offsets(), {})));
}

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
        .def("take_records", [](CsvScan& s) { return s.between(take_records); })
        .def("take_lines", [](CsvScan& s) { return array_of(std::exchange(s.finished().lines(), {})); })
        .def("take_offsets", [](CsvScan& s) { return array_of(std::exchange(s.finished().offsets(), {})); })
        .def("take_blank_offsets", [](CsvScan& s) { return array_of(std::exchange(s.finished().blank_offsets(), {})); })
        .def_property_readonly("header_fields", [](CsvScan& s) { return s.finished().header_fields(); })
        .def_property_readonly("header_line", [](CsvScan& s) { return s.finished().header_line(); })
        .def_property_readonly("header_offset", [](CsvScan& s) { return s.finished().header_offset(); })
        .def_property_readonly("header_end", [](CsvScan& s) { return s.finished().header_end(); })
        .def_property_readonly("marked_line", [](CsvScan& s) { return s.finished().marked_line(); })
        .def_property_readonly("error_count", [](CsvScan& s) { return s.finished().error_count(); })
        .def_property_readonly("errors", [](CsvScan& s) { return s.finished().errors(); });
    py::class_<Notes>(m, "TextNotes")
        .def(py::init([](std::int64_t longest) {
                 if (longest < 0) {
                     throw std::invalid_argument("the longest line must not be negative");
                 }
                 return std::make_unique<Notes>(longest);
             }),
             py::kw_only(), py::arg("longest") = 0)
        .def("feed", &Notes::feed, py::arg("data"))
        .def("finish", &Notes::finish)
        .def_property_readonly("long_line",
                               [](Notes& n) { return n.between([](TextNotes& t) { return t.long_line(); }); })
        .def_property_readonly("charset_switch", [](Notes& n) { return n.finished().charset_switch(); })
        .def_property_readonly("lost_characters", [](Notes& n) { return n.finished().lost_characters(); })
        .def_property_readonly("has_minus_zero", [](Notes& n) { return n.finished().has_minus_zero(); });
}
