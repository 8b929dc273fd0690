#include "file_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <vector>
#endif

namespace labelaudit {

void* FileMemory::allocate(std::size_t size) {
    return size < smallest_ ? std::malloc(std::max<std::size_t>(size, 1)) : map(size);
}

void* FileMemory::allocate_zeroed(std::size_t size) {
    return size < smallest_ ? std::calloc(std::max<std::size_t>(size, 1), 1) : map(size);  // new files hold zeros
}

void* FileMemory::reallocate(void* old, std::size_t size) {
    std::size_t before = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto found = mapped_.find(old);
        if (found != mapped_.end()) before = found->second;
    }
    if (!before) return std::realloc(old, std::max<std::size_t>(size, 1));
    void* memory = allocate(size);
    if (!memory) return nullptr;
    std::memcpy(memory, old, std::min(before, size));
    release(old);
    return memory;
}

int FileMemory::error() const {
    const std::lock_guard lock(mutex_);
    return error_;
}

std::size_t FileMemory::in_use() const {
    const std::lock_guard lock(mutex_);
    return in_use_;
}

std::size_t FileMemory::most() const {
    const std::lock_guard lock(mutex_);
    return most_;
}

#if defined(__unix__) || defined(__APPLE__)

int FileMemory::open_file() const {
#ifdef O_TMPFILE
    const int nameless = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (nameless >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return nameless;
#endif
    const std::string pattern = folder_ + "/.labelaudit-XXXXXX";
    std::vector<char> name(pattern.begin(), pattern.end());
    name.push_back('\0');
    const int named = ::mkstemp(name.data());
    if (named >= 0) ::unlink(name.data());
    return named;
}

namespace {

// All the space at once: writing to the memory later cannot fail.
int extend(int file, std::size_t size) {
#ifdef __APPLE__
    return ::ftruncate(file, static_cast<off_t>(size)) ? errno : 0;
#else
    int failed = EINTR;
    while (failed == EINTR) failed = ::posix_fallocate(file, 0, static_cast<off_t>(size));
    return failed;
#endif
}

}  // namespace

void* FileMemory::map(std::size_t size) {
    int failed = 0;
    void* memory = MAP_FAILED;
    const int file = open_file();
    if (file < 0) {
        failed = errno;
    } else {
        failed = extend(file, size);
        if (!failed) {
            memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (memory == MAP_FAILED) failed = errno;
        }
        ::close(file);
    }
    const std::lock_guard lock(mutex_);
    if (memory == MAP_FAILED) {
        error_ = failed;
        return nullptr;
    }
    mapped_[memory] = size;
    in_use_ += size;
    most_ = std::max(most_, in_use_);
    return memory;
}

void FileMemory::release(void* memory) {
    std::size_t size = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto found = mapped_.find(memory);
        if (found != mapped_.end()) {
            size = found->second;
            in_use_ -= size;
            mapped_.erase(found);
        }
    }
    if (size)
        ::munmap(memory, size);
    else
        std::free(memory);
}

#else

void* FileMemory::map(std::size_t size) {
    return std::malloc(size);
}

void FileMemory::release(void* memory) {
    std::free(memory);
}

#endif

}  // namespace labelaudit
