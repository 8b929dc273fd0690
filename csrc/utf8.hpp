#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace labelaudit {

// How far a byte sequence is valid UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
struct Utf8Prefix {
    std::size_t valid;  // bytes from the start that form whole characters
    bool broken;        // false: all of it is valid, or it ends inside a character that may still become valid
};

Utf8Prefix utf8_prefix(std::span<const char> bytes);

// UTF-8 text that comes in pieces cut anywhere, as whole characters: one that a piece cuts is held until it is whole.
class Utf8Pieces {
  public:
    // Gives `take` the characters that are whole; false if it returns false, or where invalid bytes follow them.
    template <typename Take>
    bool feed(std::span<const char> bytes, Take take) {
        while (held_size_ != 0 && !bytes.empty()) {  // byte by byte: it needs at most three more
            held_[held_size_++] = bytes.front();
            bytes = bytes.subspan(1);
            if (!feed_whole({held_.data(), std::exchange(held_size_, 0)}, take)) {
                return false;
            }
        }
        return bytes.empty() || feed_whole(bytes, take);
    }

    // Whether the text ends inside a character so far.
    bool is_cut() const { return held_size_ != 0; }

  private:
    template <typename Take>
    bool feed_whole(std::span<const char> bytes, Take take) {
        const Utf8Prefix prefix = utf8_prefix(bytes);
        if (!take(bytes.first(prefix.valid)) || prefix.broken) {
            return false;
        }
        const auto rest = bytes.subspan(prefix.valid);
        std::memmove(held_.data(), rest.data(), rest.size());  // rest may lie in held_ itself
        held_size_ = rest.size();
        return true;
    }

    std::array<char, 8> held_{};
    std::size_t held_size_ = 0;
};

}  // namespace labelaudit
