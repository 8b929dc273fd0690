#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace labelaudit {

// Goes through well-formed records cell by cell. A cell is its text without the quotes around it; one that holds a
// quote is unescaped into memory that the next such cell takes: it does not last.
class CellWalk {
  public:
    CellWalk(std::span<const char> bytes, char delimiter)
        : at_(bytes.data()), end_(bytes.data() + bytes.size()), delimiter_(delimiter) {}

    struct Cell {
        std::string_view text;
        bool lasts;
    };

    Cell next() {
        if (at_ < end_ && *at_ == '"') {
            return quoted();
        }
        const char* start = at_;
        while (at_ < end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') {
            ++at_;
        }
        return {{start, static_cast<std::size_t>(at_ - start)}, true};
    }

    // Past the next cell, if `take` can tell from its first byte where it ends, nullptr if not.
    template <typename Take>
    bool took(Take take) {
        const char* after = take(at_, end_);
        at_ = after == nullptr ? at_ : after;
        return after != nullptr;
    }

    // Past what ends the cell: a delimiter, or after the last cell of a record its line end or the end of all bytes.
    void pass(bool last) {
        if (!last) {
            expect(at_delimiter());
            ++at_;
            return;
        }
        if (at_ < end_ && *at_ == '\r') {
            ++at_;
            expect(at_ < end_ && *at_ == '\n');
        }
        if (at_ < end_) {
            expect(*at_ == '\n');
            ++at_;
        }
    }

    // Past empty lines, where a record may start.
    void pass_empty_lines() {
        while (at_ < end_ && (*at_ == '\n' || *at_ == '\r')) {
            pass(true);
        }
    }

    bool at_delimiter() const { return at_ < end_ && *at_ == delimiter_; }
    bool at_end() const { return at_ == end_; }

    static void expect(bool holds) {
        if (!holds) {
            throw std::invalid_argument("the bytes are not as many records of this width, or no records");
        }
    }

  private:
    Cell quoted() {
        const char* start = ++at_;
        bool escaped = false;
        for (;;) {
            at_ = static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
            expect(at_ != nullptr);
            if (at_ + 1 == end_ || at_[1] != '"') {
                break;
            }
            escaped = true;
            at_ += 2;
        }
        const std::string_view inside(start, static_cast<std::size_t>(at_ - start));
        ++at_;
        if (!escaped) {
            return {inside, true};
        }
        spare_.clear();
        for (std::size_t i = 0; i < inside.size(); i += inside[i] == '"' ? 2 : 1) {
            spare_.push_back(inside[i]);
        }
        return {spare_, false};
    }

    const char* at_;
    const char* end_;
    char delimiter_;
    std::string spare_;
};

}  // namespace labelaudit
