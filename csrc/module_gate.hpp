// The gate of the boundary: an array is exactly what a kernel reads and writes, or it is refused by its name.
//
// Arrays are borrowed: Python owns them and holds references for the whole call, so their memory outlives it. Each
// bound function checks first, then releases the GIL and runs plain C++ until it returns; nothing in between touches
// Python.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace labelaudit::gate {

namespace py = pybind11;

using Shape = std::vector<std::int64_t>;
inline constexpr std::int64_t any = -1;

inline std::string text(const Shape& shape) {
    std::string out = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        out += (i ? ", " : "") + (shape[i] == any ? std::string("any") : std::to_string(shape[i]));
    return out + ")";
}

inline Shape shape_of(const py::array& a) {
    return {a.shape(), a.shape() + a.ndim()};
}

[[noreturn]] inline void refuse(const std::string& name, const std::string& expected, const std::string& got) {
    throw std::invalid_argument(name + ": expected " + expected + ", got " + got);
}

template <class T>
constexpr const char* type_name = std::is_same_v<T, double>         ? "float64"
                                  : std::is_same_v<T, float>        ? "float32"
                                  : std::is_same_v<T, std::int64_t> ? "int64"
                                                                    : "int32";

inline void check_shape(const py::array& a, const std::string& name, const Shape& expected) {
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

// Writable memory that none of the inputs shares; an input that borrows no array is null.
template <class T = double>
std::span<T> output(py::array& a, const std::string& name, const Shape& shape,
                    std::initializer_list<const py::array*> inputs) {
    check<T>(a, name, shape);
    if (!a.writeable()) refuse(name, "a writable array", "a read-only one");
    const auto* begin = static_cast<const char*>(a.data());
    const auto* end = begin + a.nbytes();
    for (const py::array* other : inputs) {
        if (!other) continue;
        const auto* from = static_cast<const char*>(other->data());
        if (begin < from + other->nbytes() && from < end) refuse(name, "memory of its own", "an overlap with an input");
    }
    return {static_cast<T*>(a.mutable_data()), static_cast<std::size_t>(a.size())};
}

inline constexpr std::int64_t most_outputs = std::int64_t{1} << 31;  // of which the pairs can be counted in 64 bits

// The number of logits of (rows, outputs).
inline std::int64_t outputs_of(const py::array& a, const std::string& name) {
    if (a.ndim() != 2) refuse(name, "2 dimensions", text(shape_of(a)));
    if (a.shape(1) == 0) refuse(name, "one output or more", "none");
    if (a.shape(1) > most_outputs) refuse(name, "at most 2**31 outputs", std::to_string(a.shape(1)));
    return a.shape(1);
}

inline std::int64_t dim(const py::array& a, const std::string& name, int ndim, int axis) {
    if (a.ndim() != ndim) refuse(name, std::to_string(ndim) + " dimensions", text(shape_of(a)));
    return a.shape(axis);
}

// An argument that is taken as it is, never converted.
inline py::arg exact(const char* name) {
    py::arg argument(name);
    argument.noconvert();
    return argument;
}

}  // namespace labelaudit::gate
