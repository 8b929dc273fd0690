// Records of a CSV file from columns of numbers and of words, without Python objects.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace labelaudit {

// Codes into words, which are quoted already where they must be; a code below 0 is an empty cell.
struct CsvWords {
    std::span<const std::int64_t> codes;
    std::vector<std::string_view> words;
};

using CsvColumn = std::variant<std::span<const double>, std::span<const std::int64_t>, CsvWords>;

// Appends the shortest decimal that reads back as the same double, as Python's repr writes it; nothing for NaN.
void append_float(double value, std::string& out);

// Appends the records of rows start to stop: cells parted by commas, each record ended by LF. Every column has a value
// for every row, and every code has a word.
void append_records(std::span<const CsvColumn> columns, std::int64_t start, std::int64_t stop, std::string& out);

}  // namespace labelaudit
