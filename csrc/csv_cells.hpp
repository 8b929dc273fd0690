// The cells of well-formed CSV records, column by column: numbers as doubles, words as codes.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labelaudit {

// A column of plain decimal numbers. Beyond these it gives up: signs other than a minus, spaces, exponents out of
// range, integers of more than 15 digits, values beyond 2^53, infinities and other words. What is read is rounded
// correctly.
class NumberColumn {
  public:
    // Whatever stands in `missing` becomes NaN; one value for every record goes to `out`.
    NumberColumn(std::span<const std::string_view> missing, std::span<double> out) : missing_(missing), out_(out) {}

    // Whether the cell could be taken; it is the row's, without the quotes around it.
    bool take(std::string_view cell, std::size_t row);

    // The same for a cell that starts here and is digits with perhaps a minus and a point; returns where it ends, or
    // nullptr for `take` to judge it. Most cells are such.
    const char* take_plain(const char* at, const char* end, char delimiter, std::size_t row);

    std::int64_t missing() const { return missing_cells_; }
    bool all_integers() const { return all_integers_; }  // as they are written

  private:
    std::span<const std::string_view> missing_;
    std::span<double> out_;
    std::int64_t missing_cells_ = 0;
    bool all_integers_ = true;
};

// A column of words, each told by the order of its first appearance.
class WordColumn {
  public:
    // Whatever stands in `missing` gets code -1; one code for every record goes to `out`.
    WordColumn(std::span<const std::string_view> missing, std::span<std::int64_t> out);

    // `lasts`: whether the cell's bytes outlive the column; those of others are kept.
    void take(std::string_view cell, std::size_t row, bool lasts);

    const std::vector<std::string_view>& words() const { return words_; }

  private:
    struct Entry {
        std::string_view word;
        std::uint64_t hash;
        std::int64_t code;
    };

    Entry* find(std::string_view word, std::uint64_t hash);
    std::int64_t add(std::string_view word, std::uint64_t hash, std::int64_t code);
    void grow();

    std::span<std::int64_t> out_;
    std::vector<Entry> entries_;
    std::vector<std::size_t> table_;  // open addressing: an entry's number + 1, or 0
    std::vector<std::string_view> words_;
    std::deque<std::string> kept_;
};

// What becomes of the cells of one field of every record; at most one of both.
struct CellTaker {
    NumberColumn* numbers = nullptr;
    WordColumn* words = nullptr;
};

// Reads records of one field for each taker, without blank lines, as a strict scan has found them; a column that gives
// up is set to nullptr and the others go on. Throws std::invalid_argument where the bytes are not as many such records
// as the columns hold.
void take_cells(std::span<const char> bytes, char delimiter, std::span<CellTaker> takers, std::size_t rows);

}  // namespace labelaudit
