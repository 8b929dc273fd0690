#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labelaudit {

// A column as rows are known by it: which field of a record it is, and what stands before the measured cell.
struct ContentColumn {
    std::size_t field;
    std::string_view head;
};

// What the fingerprints of records are hashes of, one record after the other.
struct RowContents {
    std::string bytes;
    std::vector<std::size_t> ends;  // of each record's bytes
};

// For each record the columns' heads, each with its cell behind it, in UTF-8 behind its length in bytes and a colon.
// The columns are one for each field; empty lines may stand between records. Throws std::invalid_argument where the
// bytes are not as many such records.
RowContents row_contents(std::span<const char> bytes, char delimiter, std::span<const ContentColumn> columns,
                         std::size_t rows);

}  // namespace labelaudit
