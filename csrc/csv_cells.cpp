#include "csv_cells.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "csv_walk.hpp"

namespace labelaudit {

namespace {

constexpr std::size_t kLongestNumber = 64;   // characters
constexpr std::size_t kLongestInteger = 15;  // digits: a double holds them all
constexpr double kMostExact = 9007199254740992.0;
constexpr std::ptrdiff_t kLongestPlain = 17;  // characters of a plain number's digits on one side of the point
constexpr std::array<double, 16> kPowers = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
constexpr std::size_t kSmallestTable = 64;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// FNV-1a over words of eight bytes; tables are small and words short.
std::uint64_t hash_of(std::string_view word) {
    std::uint64_t hash = 0xcbf29ce484222325u ^ word.size();
    std::size_t at = 0;
    for (; at + 8 <= word.size(); at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, word.data() + at, 8);
        hash = (hash ^ eight) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    for (; at < word.size(); ++at) {
        hash = (hash ^ static_cast<unsigned char>(word[at])) * 0x100000001b3u;
    }
    return hash ^ (hash >> 29);
}

}  // namespace

const char* NumberColumn::take_plain(const char* at, const char* end, char delimiter, std::size_t row) {
    // Up to 15 digits and their power of ten are exact doubles, so that the quotient is the nearest double.
    if (end - at <= 2 * kLongestPlain + 4) {
        return nullptr;  // near the end of the bytes; below there is always a next one
    }
    const bool minus = *at == '-';
    const char* first = at + (minus ? 1 : 0);
    const char* last = first;
    std::uint64_t digits = 0;  // may wrap around: then there are too many
    for (; is_digit(*last) && last - first < kLongestPlain; ++last) {
        digits = 10 * digits + static_cast<std::uint64_t>(*last - '0');
    }
    const std::int64_t whole = last - first;
    std::int64_t decimals = 0;
    if (*last == '.') {
        const char* point = last++;
        for (; is_digit(*last) && last - point < kLongestPlain; ++last) {
            digits = 10 * digits + static_cast<std::uint64_t>(*last - '0');
        }
        decimals = last - point - 1;
    }
    const bool integer = last == first + whole;
    if (whole == 0 || whole + decimals > static_cast<std::int64_t>(kLongestInteger) ||
        (*last != delimiter && *last != '\n' && *last != '\r') || (integer && minus && digits == 0)) {
        return nullptr;
    }
    const double value = static_cast<double>(digits) / kPowers[static_cast<std::size_t>(decimals)];
    all_integers_ = all_integers_ && integer;
    out_[row] = minus ? -value : value;
    return last;
}

bool NumberColumn::take(std::string_view cell, std::size_t row) {
    const char* start = cell.data();
    const char* end = start + cell.size();
    const bool minus = !cell.empty() && *start == '-';
    const std::size_t first = minus ? 1 : 0;
    double value = 0;
    const bool looks = cell.size() > first && cell.size() <= kLongestNumber &&
                       (is_digit(start[first]) || (start[first] == '.' && cell.size() > first + 1));
    if (looks) {
        const auto [stop, error] = std::from_chars(start, end, value);
        if (error != std::errc() || stop != end || std::fabs(value) > kMostExact) {
            return false;
        }
        const bool integer = std::all_of(start + first, end, is_digit);
        if (integer && (cell.size() - first > kLongestInteger || (minus && value == 0))) {
            return false;
        }
        all_integers_ = all_integers_ && integer;
        out_[row] = value;
        return true;
    }
    if (std::find(missing_.begin(), missing_.end(), cell) == missing_.end()) {
        return false;
    }
    ++missing_cells_;
    out_[row] = std::numeric_limits<double>::quiet_NaN();
    return true;
}

WordColumn::WordColumn(std::span<const std::string_view> missing, std::span<std::int64_t> out)
    : out_(out), table_(kSmallestTable) {
    for (const std::string_view word : missing) {
        const std::uint64_t hash = hash_of(word);
        if (find(word, hash) == nullptr) {
            add(word, hash, -1);
        }
    }
}

void WordColumn::take(std::string_view cell, std::size_t row, bool lasts) {
    const std::uint64_t hash = hash_of(cell);
    if (const Entry* entry = find(cell, hash)) {
        out_[row] = entry->code;
        return;
    }
    const std::string_view word = lasts ? cell : std::string_view(kept_.emplace_back(cell));
    words_.push_back(word);
    out_[row] = add(word, hash, static_cast<std::int64_t>(words_.size()) - 1);
}

WordColumn::Entry* WordColumn::find(std::string_view word, std::uint64_t hash) {
    const std::size_t mask = table_.size() - 1;
    for (std::size_t slot = hash & mask; table_[slot] != 0; slot = (slot + 1) & mask) {
        Entry& entry = entries_[table_[slot] - 1];
        if (entry.hash == hash && entry.word == word) {
            return &entry;
        }
    }
    return nullptr;
}

std::int64_t WordColumn::add(std::string_view word, std::uint64_t hash, std::int64_t code) {
    entries_.push_back({word, hash, code});
    if (2 * entries_.size() > table_.size()) {
        grow();
        return code;
    }
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = hash & mask;
    while (table_[slot] != 0) {
        slot = (slot + 1) & mask;
    }
    table_[slot] = entries_.size();
    return code;
}

void WordColumn::grow() {
    table_.assign(2 * table_.size(), 0);
    const std::size_t mask = table_.size() - 1;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        std::size_t slot = entries_[i].hash & mask;
        while (table_[slot] != 0) {
            slot = (slot + 1) & mask;
        }
        table_[slot] = i + 1;
    }
}

void take_cells(std::span<const char> bytes, char delimiter, std::span<CellTaker> takers, std::size_t rows) {
    CellWalk cells(bytes, delimiter);
    const bool may_be_plain = !is_digit(delimiter) && delimiter != '.' && delimiter != '-';
    for (std::size_t row = 0; row < rows; ++row) {
        CellWalk::expect(!cells.at_end());
        for (std::size_t field = 0; field < takers.size(); ++field) {
            CellTaker& taker = takers[field];
            const auto plain = [&](const char* at, const char* end) {
                return taker.numbers->take_plain(at, end, delimiter, row);
            };
            if (taker.numbers == nullptr || !may_be_plain || !cells.took(plain)) {
                const auto [text, lasts] = cells.next();
                if (taker.numbers != nullptr && !taker.numbers->take(text, row)) {
                    taker.numbers = nullptr;
                }
                if (taker.words != nullptr) {
                    taker.words->take(text, row, lasts);
                }
            }
            cells.pass(field + 1 == takers.size());
        }
    }
    CellWalk::expect(cells.at_end());
}

}  // namespace labelaudit
