#include "csv_write.hpp"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace labelaudit {

namespace {

constexpr int most_digits_before_point = 16;  // beyond, Python's repr writes an exponent
constexpr int most_zeros_after_point = 4;

void append_integer(std::int64_t value, std::string& out) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

// Digits d1d2.. of d1.d2.. * 10^exponent as Python's repr lays them out.
void append_digits(std::string_view digits, int exponent, std::string& out) {
    const int count = static_cast<int>(digits.size());
    if (exponent < -most_zeros_after_point || exponent >= most_digits_before_point) {
        out += digits[0];
        if (count > 1) out.append(".").append(digits.substr(1));
        out.append(exponent < 0 ? "e-" : "e+");
        if (std::abs(exponent) < 10) out += '0';
        append_integer(std::abs(exponent), out);
    } else if (exponent < 0) {
        out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
    } else if (count <= exponent + 1) {
        out.append(digits).append(static_cast<std::size_t>(exponent + 1 - count), '0').append(".0");
    } else {
        const auto whole = static_cast<std::size_t>(exponent + 1);
        out.append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
    }
}

struct Cell {
    std::size_t row;
    std::string& out;

    void operator()(std::span<const double> values) const { append_float(values[row], out); }
    void operator()(std::span<const std::int64_t> values) const { append_integer(values[row], out); }
    void operator()(const CsvWords& column) const {
        const std::int64_t code = column.codes[row];
        if (code >= 0) out.append(column.words[static_cast<std::size_t>(code)]);
    }
};

}  // namespace

void append_float(double value, std::string& out) {
    if (std::isnan(value)) return;
    if (std::signbit(value)) out += '-';
    if (std::isinf(value)) {
        out.append("inf");
        return;
    }
    char text[40];
    const char* end = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific).ptr;
    char digits[24];
    std::size_t count = 0;
    const char* at = text;
    for (; *at != 'e'; ++at)
        if (*at != '.') digits[count++] = *at;
    const bool negative = at[1] == '-';
    int exponent = 0;
    std::from_chars(at + 2, end, exponent);
    append_digits({digits, count}, negative ? -exponent : exponent, out);
}

void append_records(std::span<const CsvColumn> columns, std::int64_t start, std::int64_t stop, std::string& out) {
    for (std::int64_t row = start; row < stop; ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (i) out += ',';
            std::visit(Cell{static_cast<std::size_t>(row), out}, columns[i]);
        }
        out += '\n';
    }
}

}  // namespace labelaudit
