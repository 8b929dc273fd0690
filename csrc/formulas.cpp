#include "formulas.hpp"

#include <algorithm>
#include <array>

#include "csv_walk.hpp"

namespace labelaudit {
namespace {

constexpr std::array<std::string_view, 4> kFullWidth = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                                        "\xEF\xBC\xA0"};  // = + - @

// How many digits it started with, which are taken off.
std::size_t take_digits(std::string_view& text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto stop = std::find_if_not(text.begin(), text.end(), is_digit);
    const auto count = static_cast<std::size_t>(stop - text.begin());
    text.remove_prefix(count);
    return count;
}

bool take_one_of(std::string_view& text, std::string_view choices) {
    const bool starts = !text.empty() && choices.find(text.front()) != choices.npos;
    text.remove_prefix(starts ? 1 : 0);
    return starts;
}

// [+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?
bool is_plain_number(std::string_view text) {
    take_one_of(text, "+-");
    std::size_t digits = take_digits(text);
    if (take_one_of(text, ".")) {
        digits += take_digits(text);
    }
    if (digits == 0) {
        return false;
    }
    if (take_one_of(text, "eE")) {
        take_one_of(text, "+-");
        return take_digits(text) != 0 && text.empty();
    }
    return text.empty();
}

}  // namespace

bool is_formula_like(std::string_view cell) {
    switch (cell.empty() ? '\0' : cell.front()) {
        case '=':
        case '@':
        case '\t':
        case '\r':
            return true;
        case '+':
        case '-':
            return !is_plain_number(cell);
        case '\xEF':
            return std::find(kFullWidth.begin(), kFullWidth.end(), cell.substr(0, 3)) != kFullWidth.end();
        default:
            return false;
    }
}

std::int64_t count_formula_like(std::span<const char> bytes, char delimiter) {
    CellWalk cells(bytes, delimiter);
    std::int64_t count = 0;
    while (!cells.at_end()) {
        count += is_formula_like(cells.next().text) ? 1 : 0;
        cells.pass(!cells.at_delimiter());
    }
    return count;
}

}  // namespace labelaudit
