#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "utf8.hpp"

namespace labelaudit {

enum class CsvFault : std::uint8_t {
    kNone,
    kTooFewFields,
    kTooManyFields,
    kUnclosedQuote,
    kTextAfterQuote,
    kBareQuote,
    kNul,
    kInvalidUtf8,
    kBareCarriageReturn,
};

// Where the text breaks RFC 4180. Lines, columns and fields count from 1, bytes from 0.
struct CsvError {
    CsvFault fault = CsvFault::kNone;
    std::int64_t line = 0;        // physical line of the offending byte; of the record's start for a wrong field count
    std::int64_t start_line = 0;  // where the open quote, else the record, starts
    std::int64_t column = 0;      // field number; 0 for a wrong field count
    std::int64_t offset = 0;      // offending byte; the record's first byte for a wrong field count
    std::int64_t found = 0;       // fields, for a wrong field count
    std::int64_t expected = 0;
};

// Checks the structure of delimited text strictly by RFC 4180 and says where each record starts.
//
// Departures, all widely used: line ends are LF or CRLF, also mixed; the last may be missing; a UTF-8 mark may stand
// first; an entirely empty line is skipped and counted. The first record is the header and fixes the number of fields.
// A record with another number of fields is noted and the scan goes on; any other error ends it, as what follows is a
// guess. The text may come in pieces cut anywhere: the outcome does not depend on where.
class CsvScanner {
  public:
    static constexpr std::size_t kErrorsKept = 20;

    // Throws std::invalid_argument if the delimiter is not ASCII or means something else, or skip_lines is negative.
    CsvScanner(char delimiter, std::int64_t skip_lines);

    void feed(std::span<const char> bytes);
    void finish();

    // One entry a record after the header, the ragged ones included. They may be taken away between pieces.
    std::vector<std::int64_t>& lines() { return lines_; }
    std::vector<std::int64_t>& offsets() { return offsets_; }
    // First byte of every empty line, those before the header included.
    std::vector<std::int64_t>& blank_offsets() { return blank_offsets_; }

    std::int64_t header_fields() const { return header_fields_; }  // 0: the header's end was not reached
    std::int64_t header_line() const { return header_line_; }
    std::int64_t header_offset() const { return header_offset_; }
    std::int64_t header_end() const { return header_end_; }  // first byte after its line end
    std::int64_t size() const { return position_; }          // bytes scanned
    // Line of the first record that starts with an encoding mark which is not the text's own; 0: there is none.
    std::int64_t marked_line() const { return marked_line_; }
    std::int64_t error_count() const { return error_count_; }
    const std::vector<CsvError>& errors() const { return errors_; }  // the first kErrorsKept and what ended the scan

  private:
    enum class State : std::uint8_t {
        kSkipping,
        kRecordStart,
        kFieldStart,
        kPlain,
        kQuoted,
        kAfterQuote,
        kAfterReturn,
        kAfterBlankReturn,
        kFailed,
    };
    enum class Class : std::uint8_t { kOrdinary, kDelimiter, kQuote, kLineFeed, kReturn, kNul };

    void scan(std::span<const char> text);
    const char* scan_piece(const char* at, const char* end);
    const char* skip_preamble(const char* at, const char* end);
    const char* start_record(const char* at, const char* end);
    const char* scan_cells(const char* at, const char* end);
    const char* skip_cells(const char* at, const char* end);
    const char* end_plain(const char* at, Class special, bool cell_is_empty);
    const char* scan_quoted(const char* at, const char* end);
    const char* after_quote(const char* at);
    const char* after_return(const char* at);

    Class class_of(char byte) const { return classes_[static_cast<unsigned char>(byte)]; }
    std::int64_t offset_of(const char* at) const { return position_ + (at - piece_); }
    void note_blank();
    void end_record(std::int64_t end);
    void note_ragged();
    void fail(CsvFault fault, std::int64_t offset);

    std::array<Class, 256> classes_{};
    char delimiter_ = 0;
    State state_;
    std::int64_t skip_left_;
    const char* piece_ = nullptr;  // the piece being scanned; it starts at byte position_ of the text
    std::int64_t position_ = 0;
    std::int64_t line_ = 1;
    std::int64_t column_ = 1;
    std::int64_t record_line_ = 0;
    std::int64_t record_offset_ = 0;
    std::int64_t quote_line_ = 0;
    std::int64_t quote_offset_ = 0;
    std::int64_t return_offset_ = 0;
    std::int64_t header_fields_ = 0;
    std::int64_t header_line_ = 0;
    std::int64_t header_offset_ = 0;
    std::int64_t header_end_ = 0;
    std::int64_t marked_line_ = 0;
    std::int64_t error_count_ = 0;
    Utf8Pieces characters_;
    std::vector<std::int64_t> lines_;
    std::vector<std::int64_t> offsets_;
    std::vector<std::int64_t> blank_offsets_;
    std::vector<CsvError> errors_;
};

}  // namespace labelaudit
