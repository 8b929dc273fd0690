#include "utf8.hpp"

#include <cstdint>
#include <cstring>

namespace labelaudit {
namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::size_t skip_ascii(std::span<const char> bytes, std::size_t at) {
    while (at + kWord <= bytes.size()) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, kWord);
        if ((word & kHighBits) != 0) {
            break;
        }
        at += kWord;
    }
    while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) {
        ++at;
    }
    return at;
}

// The lead byte fixes the length and the range of the second byte; overlong forms and surrogates fall outside that
// range.
struct Lead {
    std::size_t length;  // 0: no character starts with this byte
    unsigned char low;
    unsigned char high;
};

constexpr Lead lead_of(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF) {
        return {2, 0x80, 0xBF};
    }
    if (byte >= 0xE0 && byte <= 0xEF) {
        return {3, static_cast<unsigned char>(byte == 0xE0 ? 0xA0 : 0x80),
                static_cast<unsigned char>(byte == 0xED ? 0x9F : 0xBF)};
    }
    if (byte >= 0xF0 && byte <= 0xF4) {
        return {4, static_cast<unsigned char>(byte == 0xF0 ? 0x90 : 0x80),
                static_cast<unsigned char>(byte == 0xF4 ? 0x8F : 0xBF)};
    }
    return {0, 0, 0};
}

enum class Character { kWhole, kCut, kBroken };

Character character_at(std::span<const char> bytes, const Lead& lead) {
    if (lead.length == 0) {
        return Character::kBroken;
    }
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == bytes.size()) {
            return Character::kCut;
        }
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (byte < (i == 1 ? lead.low : 0x80) || byte > (i == 1 ? lead.high : 0xBF)) {
            return Character::kBroken;
        }
    }
    return Character::kWhole;
}

}  // namespace

Utf8Prefix utf8_prefix(std::span<const char> bytes) {
    std::size_t at = skip_ascii(bytes, 0);
    while (at < bytes.size()) {
        const Lead lead = lead_of(static_cast<unsigned char>(bytes[at]));
        const Character character = character_at(bytes.subspan(at), lead);
        if (character != Character::kWhole) {
            return {at, character == Character::kBroken};
        }
        at = skip_ascii(bytes, at + lead.length);
    }
    return {at, false};
}

}  // namespace labelaudit
