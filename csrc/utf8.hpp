#pragma once

#include <cstddef>
#include <span>

namespace labelaudit {

// How far a byte sequence is valid UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
struct Utf8Prefix {
    std::size_t valid;  // bytes from the start that form whole characters
    bool broken;        // false: all of it is valid, or it ends inside a character that may still become valid
};

Utf8Prefix utf8_prefix(std::span<const char> bytes);

}  // namespace labelaudit
