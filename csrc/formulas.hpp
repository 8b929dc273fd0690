#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace labelaudit {

// Whether a spreadsheet would take the cell, UTF-8, for a formula: it starts with = + - @, also full-width, a tab or a
// carriage return (OWASP, CSV injection), and is no plain number.
bool is_formula_like(std::string_view cell);

// How many cells of well-formed records are such; empty lines may stand between records.
// Throws std::invalid_argument where a quote is not closed or something follows a closed one.
std::int64_t count_formula_like(std::span<const char> bytes, char delimiter);

}  // namespace labelaudit
