// Memory for large arrays in nameless files: the system may write its pages out and read them back, so that arrays may
// be larger than the machine's memory. A file goes with its memory, or with the process, however that ends.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace labelaudit {

// Allocates as malloc does what is smaller than `smallest` bytes, and the rest in files of one folder.
class FileMemory {
  public:
    FileMemory(std::string folder, std::size_t smallest) : folder_(std::move(folder)), smallest_(smallest) {}
    FileMemory(const FileMemory&) = delete;
    FileMemory& operator=(const FileMemory&) = delete;

    // Null where there is no memory; `error` then tells why a file could not hold it.
    void* allocate(std::size_t size);
    void* allocate_zeroed(std::size_t size);
    void* reallocate(void* old, std::size_t size);
    void release(void* memory);

    int error() const;           // errno of the last file that failed; 0 if none did
    std::size_t in_use() const;  // bytes in files now
    std::size_t most() const;    // bytes in files at the most

  private:
    void* map(std::size_t size);
    int open_file() const;

    const std::string folder_;
    const std::size_t smallest_;
    mutable std::mutex mutex_;
    std::map<void*, std::size_t> mapped_;
    std::size_t in_use_ = 0, most_ = 0;
    int error_ = 0;
};

}  // namespace labelaudit
