#include "text_notes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "byte_masks.hpp"

namespace labelaudit {
namespace {

constexpr std::string_view kLost = "\xEF\xBF\xBD";

// A call of `at(first)` for each of the first `starts` bytes that equals `byte`, until it returns false.
template <typename At>
void for_each(std::span<const char> bytes, std::size_t starts, char byte, At at) {
    const char* const end = bytes.data() + starts;
    for (const char* found = bytes.data(); found != end; ++found) {
        found = static_cast<const char*>(std::memchr(found, byte, static_cast<std::size_t>(end - found)));
        if (found == nullptr || !at(bytes.subspan(static_cast<std::size_t>(found - bytes.data())))) {
            return;
        }
    }
}

bool starts_with(std::span<const char> bytes, std::string_view start) {
    return std::string_view(bytes.data(), bytes.size()).starts_with(start);
}

// ESC $ @, ESC $ B, ESC $ ) C, ESC ( B, ESC ( J, ESC ( I
bool is_switch(std::span<const char> bytes) {
    if (bytes.size() < 3) {
        return false;
    }
    if (bytes[1] == '(') {
        return bytes[2] == 'B' || bytes[2] == 'J' || bytes[2] == 'I';
    }
    return bytes[1] == '$' &&
           (bytes[2] == '@' || bytes[2] == 'B' || (bytes.size() > 3 && bytes[2] == ')' && bytes[3] == 'C'));
}

// What follows -0 in a number that is no integer, or not zero.
bool is_minus_zero(std::span<const char> bytes) {
    return starts_with(bytes, "-0") &&
           (bytes.size() == 2 || std::string_view(".eE123456789").find(bytes[2]) == std::string_view::npos);
}

}  // namespace

void TextNotes::feed(std::span<const char> bytes) {
    note_lines(bytes);
    if (bytes.size() < kSmall) {
        join(bytes);
        return;
    }
    const std::size_t starts = held_size_;
    const std::size_t judged = bytes.size() - kAhead;
    std::copy_n(bytes.begin(), kAhead, held_.begin() + static_cast<std::ptrdiff_t>(starts));
    judge({held_.data(), starts + kAhead}, starts, position_ - static_cast<std::int64_t>(starts));
    judge(bytes, judged, position_);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(judged), kAhead, held_.begin());
    held_size_ = kAhead;
    position_ += static_cast<std::int64_t>(bytes.size());
}

void TextNotes::finish() {
    judge({held_.data(), held_size_}, held_size_, position_ - static_cast<std::int64_t>(held_size_));
    held_size_ = 0;
}

void TextNotes::join(std::span<const char> bytes) {
    std::copy(bytes.begin(), bytes.end(), held_.begin() + static_cast<std::ptrdiff_t>(held_size_));
    const std::size_t size = held_size_ + bytes.size();
    const std::size_t judged = size - std::min(size, kAhead);
    judge({held_.data(), size}, judged, position_ - static_cast<std::int64_t>(held_size_));
    std::memmove(held_.data(), held_.data() + judged, size - judged);
    held_size_ = size - judged;
    position_ += static_cast<std::int64_t>(bytes.size());
}

// Of a piece no longer than the longest line, only the first line can be too long.
void TextNotes::note_lines(std::span<const char> bytes) {
    if (longest_ == 0) {
        return;
    }
    const auto most = static_cast<std::size_t>(longest_);
    for (std::int64_t start = position_; !bytes.empty() && long_line_ == kNowhere;) {
        const std::string_view piece(bytes.data(), std::min(bytes.size(), most));
        const std::size_t first = std::min(piece.find('\n'), piece.size());
        if (start + static_cast<std::int64_t>(first) - line_start_ > longest_) {
            long_line_ = line_start_;
        }
        if (first != piece.size()) {
            line_start_ = start + static_cast<std::int64_t>(piece.rfind('\n')) + 1;
        }
        start += static_cast<std::int64_t>(piece.size());
        bytes = bytes.subspan(piece.size());
    }
}

// Looks for the sequences that start in the first `starts` bytes, of which the first is at this offset of the text.
void TextNotes::judge(std::span<const char> bytes, std::size_t starts, std::int64_t offset) {
    if (charset_switch_ == kNowhere) {
        for_each(bytes, starts, '\x1B', [&](std::span<const char> found) {
            if (is_switch(found)) {
                charset_switch_ = offset + (found.data() - bytes.data());
            }
            return charset_switch_ == kNowhere;
        });
    }
    for_each(bytes, starts, kLost[0], [&](std::span<const char> found) {
        lost_characters_ += starts_with(found, kLost) ? 1 : 0;
        return true;
    });
    if (!has_minus_zero_) {
        note_minus_zero(bytes, starts);
    }
}

void TextNotes::note_minus_zero(std::span<const char> bytes, std::size_t starts) {
    std::size_t at = 0;
    for (; at + kMaskBytes <= starts && !has_minus_zero_; at += kMaskBytes) {
        const char* const here = bytes.data() + at;  // of `starts` bytes on, the piece holds kAhead more
        std::uint64_t found = mask_of_any(here, '-') & mask_of_any(here + 1, '0') & ~mask_of_any(here + 2, '.');
        for (; found != 0 && !has_minus_zero_; found &= found - 1) {
            has_minus_zero_ = is_minus_zero(bytes.subspan(at + static_cast<std::size_t>(std::countr_zero(found))));
        }
    }
    for (; at < starts && !has_minus_zero_; ++at) {
        has_minus_zero_ = is_minus_zero(bytes.subspan(at));
    }
}

}  // namespace labelaudit
