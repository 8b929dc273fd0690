// NumPy's memory for a while from files (NEP 49); with the other module_* files the only ones that include pybind11.
//
// NumPy's functions are found as pybind11 finds those that it needs: by their place in NumPy's table, which is part of
// its ABI, so that no NumPy headers are needed.
#include <pybind11/pybind11.h>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "file_memory.hpp"

namespace py = pybind11;
namespace la = labelaudit;

namespace {

// numpy/core/include/numpy/ndarraytypes.h, version 1 of the structure
struct Allocator {
    void* context;
    void* (*malloc)(void* context, std::size_t size);
    void* (*calloc)(void* context, std::size_t count, std::size_t size);
    void* (*realloc)(void* context, void* memory, std::size_t size);
    void (*free)(void* context, void* memory, std::size_t size);
};
struct Handler {
    char name[127];
    std::uint8_t version;
    Allocator allocator;
};

constexpr int set_handler_place = 304, get_handler_place = 305;
constexpr const char *capsule_name = "mem_handler", *handler_name = "labelaudit files";

template <class Function>
Function numpy_function(int place) {
    const py::module_ module = py::module_::import("numpy._core._multiarray_umath");
    const py::capsule table = module.attr("_ARRAY_API");
    return reinterpret_cast<Function>(table.get_pointer<void*>()[place]);
}

la::FileMemory& memory_of(void* context) {
    return *static_cast<la::FileMemory*>(context);
}

// What NumPy's arrays hold on to, so that it lives as long as the last of them.
struct Handled {
    Handler handler;
    la::FileMemory memory;

    Handled(std::string folder, std::size_t smallest) : handler{}, memory(std::move(folder), smallest) {
        std::strcpy(handler.name, handler_name);
        handler.version = 1;
        handler.allocator = {
            &memory,
            [](void* c, std::size_t size) { return memory_of(c).allocate(size); },
            [](void* c, std::size_t count, std::size_t size) -> void* {
                return size && count > SIZE_MAX / size ? nullptr : memory_of(c).allocate_zeroed(count * size);
            },
            [](void* c, void* memory, std::size_t size) { return memory_of(c).reallocate(memory, size); },
            [](void* c, void* memory, std::size_t) { memory_of(c).release(memory); },
        };
    }
};

// Others' handlers have the capsule's name, too, but not this structure's.
bool is_file_memory(PyObject* capsule) {
    if (!PyCapsule_IsValid(capsule, capsule_name)) return false;
    return std::strcmp(static_cast<Handler*>(PyCapsule_GetPointer(capsule, capsule_name))->name, handler_name) == 0;
}

Handled& handled(PyObject* capsule) {
    if (!is_file_memory(capsule)) throw std::invalid_argument("handler: expected one that file_memory made");
    return *static_cast<Handled*>(PyCapsule_GetContext(capsule));
}

py::object file_memory(const std::string& folder, std::size_t smallest) {
    if (folder.empty() || folder.find('\0') != folder.npos)
        throw std::invalid_argument("folder: expected the name of a folder, got an empty one or a NUL in it");
    auto made = std::make_unique<Handled>(folder, smallest);
    PyObject* capsule = PyCapsule_New(&made->handler, capsule_name, [](PyObject* self) { delete &handled(self); });
    if (!capsule) throw py::error_already_set();
    PyCapsule_SetContext(capsule, made.release());
    return py::reinterpret_steal<py::object>(capsule);
}

py::object use_memory(const py::object& handler) {
    static const auto set = numpy_function<PyObject* (*)(PyObject*)>(set_handler_place);
    PyObject* before = set(handler.is_none() ? nullptr : handler.ptr());
    if (!before) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(before);
}

py::object memory_in_use() {
    static const auto get = numpy_function<PyObject* (*)()>(get_handler_place);
    PyObject* now = get();
    if (!now) throw py::error_already_set();
    return py::reinterpret_steal<py::object>(now);
}

// glibc gives freed blocks of more than some MB back to the system, and fresh ones must be filled with zeros: a tenth
// of the time of an audit of many rows. Other libraries are left as they are.
bool keep_freed_memory() {
#ifdef M_MMAP_THRESHOLD
    constexpr int most = std::numeric_limits<int>::max();
    return mallopt(M_MMAP_THRESHOLD, most) == 1 && mallopt(M_TRIM_THRESHOLD, most) == 1;
#else
    return false;
#endif
}

}  // namespace

void bind_memory(py::module_& m) {
    m.def("keep_freed_memory", &keep_freed_memory,
          "From now on the process keeps what is freed for its next arrays; whether it can");
    m.def("file_memory", &file_memory, py::arg("folder"), py::arg("smallest"),
          "A handler for NumPy's memory: arrays of so many bytes or more live in nameless files of the folder");
    m.def("use_memory", &use_memory, py::arg("handler"),
          "This thread's new arrays take memory from the handler, None for NumPy's own; returns the one before");
    m.def(
        "is_file_memory", [](const py::object& handler) { return is_file_memory(handler.ptr()); }, py::arg("handler"),
        "Whether file_memory made it");
    m.def("memory_in_use", &memory_in_use, "The handler of this thread");
    m.def(
        "file_memory_state",
        [](const py::object& handler) {
            const la::FileMemory& memory = handled(handler.ptr()).memory;
            return py::make_tuple(memory.error(), memory.in_use(), memory.most());
        },
        py::arg("handler"), "errno of the last file that failed (0: none); bytes in files now, and at the most");
}
