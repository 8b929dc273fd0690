#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace labelaudit {

// Comparisons of 64 bytes at once; bit i of a mask stands for byte i. SSE2 belongs to every x86-64.
constexpr std::ptrdiff_t kMaskBytes = 64;

#if defined(__SSE2__)

// Which bytes equal any of the given ones.
template <typename... Bytes>
std::uint64_t mask_of_any(const char* at, Bytes... bytes) {
    std::uint64_t mask = 0;
    for (int i = 0; i < 4; ++i) {
        const __m128i found = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 16 * i));
        __m128i equal = _mm_setzero_si128();
        ((equal = _mm_or_si128(equal, _mm_cmpeq_epi8(found, _mm_set1_epi8(bytes)))), ...);
        mask |= static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(equal))) << (16 * i);
    }
    return mask;
}

#else

template <typename... Bytes>
std::uint64_t mask_of_any(const char* at, Bytes... bytes) {
    std::uint64_t mask = 0;
    for (int i = 0; i < kMaskBytes; ++i) {
        mask |= static_cast<std::uint64_t>(((at[i] == bytes) || ...)) << i;
    }
    return mask;
}

#endif

// The bits below this one.
constexpr std::uint64_t bits_below(int bit) {
    return (std::uint64_t{1} << bit) - 1;
}

}  // namespace labelaudit
