#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace labelaudit {

// What matters about the bytes of a text apart from its structure. The text may come in pieces cut anywhere: the notes
// do not depend on where. Offsets count from the first byte; kNowhere where there is no such thing.
class TextNotes {
  public:
    static constexpr std::int64_t kNowhere = -1;

    // longest: bytes of a line without its line end; 0: as long as you like.
    explicit TextNotes(std::int64_t longest) : longest_(longest) {}

    void feed(std::span<const char> bytes);
    void finish();

    std::int64_t long_line() const { return long_line_; }              // where the first line that is longer starts
    std::int64_t charset_switch() const { return charset_switch_; }    // first escape sequence of ISO-2022
    std::int64_t lost_characters() const { return lost_characters_; }  // U+FFFD
    // Whether a minus and a zero stand where an integer could be -0, which as an integer loses its sign.
    bool has_minus_zero() const { return has_minus_zero_; }

  private:
    static constexpr std::size_t kAhead = 3;  // bytes of the longest sequence after its first
    static constexpr std::size_t kSmall = 8;  // a smaller piece is joined to the bytes that are held

    void note_lines(std::span<const char> bytes);
    void join(std::span<const char> bytes);
    void judge(std::span<const char> bytes, std::size_t starts, std::int64_t offset);
    void note_minus_zero(std::span<const char> bytes, std::size_t starts);

    std::int64_t longest_;
    std::int64_t line_start_ = 0;
    std::int64_t long_line_ = kNowhere;
    std::int64_t charset_switch_ = kNowhere;
    std::int64_t lost_characters_ = 0;
    bool has_minus_zero_ = false;
    std::int64_t position_ = 0;                 // bytes fed
    std::array<char, kAhead + kSmall> held_{};  // the last bytes fed: what starts in them may go on
    std::size_t held_size_ = 0;
};

}  // namespace labelaudit
