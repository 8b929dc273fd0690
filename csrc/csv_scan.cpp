#include "csv_scan.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string_view>

#include "byte_masks.hpp"

namespace labelaudit {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr int kShortCell = 16;  // bytes that are looked at one by one before 64 are at once; a guess
constexpr std::string_view kReserved("\"\r\n\0", 4);

// Past the bytes that mean nothing inside quotes, 64 at a time while there are so many.
const char* skip_quoted(const char* at, const char* end) {
    for (; end - at >= kMaskBytes; at += kMaskBytes) {
        const std::uint64_t special = mask_of_any(at, '"', '\n', '\0');
        if (special != 0) {
            return at + std::countr_zero(special);
        }
    }
    return at;
}

}  // namespace

CsvScanner::CsvScanner(char delimiter, std::int64_t skip_lines)
    : state_(skip_lines == 0 ? State::kRecordStart : State::kSkipping), skip_left_(skip_lines) {
    if (static_cast<unsigned char>(delimiter) >= 0x80 || kReserved.find(delimiter) != kReserved.npos) {
        throw std::invalid_argument("the delimiter must be one ASCII character other than a quote, a line end or NUL");
    }
    if (skip_lines < 0) {
        throw std::invalid_argument("the number of lines to skip must not be negative");
    }
    classes_.fill(Class::kOrdinary);
    classes_[static_cast<unsigned char>(delimiter)] = Class::kDelimiter;
    delimiter_ = delimiter;
    classes_['"'] = Class::kQuote;
    classes_['\n'] = Class::kLineFeed;
    classes_['\r'] = Class::kReturn;
    classes_[0] = Class::kNul;
}

// The valid part is scanned first, so that an error before the invalid byte is the one that is reported.
void CsvScanner::feed(std::span<const char> bytes) {
    const auto take = [this](std::span<const char> text) {
        scan(text);
        return state_ != State::kFailed;
    };
    if (state_ != State::kFailed && !characters_.feed(bytes, take) && state_ != State::kFailed) {
        fail(CsvFault::kInvalidUtf8, position_);
    }
}

void CsvScanner::finish() {
    piece_ = nullptr;
    if (state_ == State::kFailed) {
        return;
    }
    if (characters_.is_cut()) {
        fail(CsvFault::kInvalidUtf8, position_);
    } else if (state_ == State::kQuoted) {
        fail(CsvFault::kUnclosedQuote, quote_offset_);
    } else if (state_ == State::kAfterReturn || state_ == State::kAfterBlankReturn) {
        fail(CsvFault::kBareCarriageReturn, return_offset_);
    } else if (state_ != State::kRecordStart && state_ != State::kSkipping) {
        end_record(position_);
    }
}

void CsvScanner::scan(std::span<const char> text) {
    piece_ = text.data();
    const char* at = piece_;
    const char* const end = at + text.size();
    // A mark is one character, so it is never cut between pieces.
    if (position_ == 0 && std::string_view(at, text.size()).starts_with(kMark)) {
        at += kMark.size();
    }
    while (at != end && state_ != State::kFailed) {
        at = scan_piece(at, end);
    }
    position_ += static_cast<std::int64_t>(text.size());
}

const char* CsvScanner::scan_piece(const char* at, const char* end) {
    switch (state_) {
        case State::kSkipping:
            return skip_preamble(at, end);
        case State::kRecordStart:
            return start_record(at, end);
        case State::kFieldStart:
        case State::kPlain:
            return scan_cells(at, end);
        case State::kQuoted:
            return scan_quoted(at, end);
        case State::kAfterQuote:
            return after_quote(at);
        case State::kAfterReturn:
        case State::kAfterBlankReturn:
            return after_return(at);
        case State::kFailed:
            break;
    }
    return end;
}

const char* CsvScanner::skip_preamble(const char* at, const char* end) {
    const char* const found = std::find(at, end, '\n');
    if (found == end) {
        return end;
    }
    ++line_;
    if (--skip_left_ == 0) {
        state_ = State::kRecordStart;
    }
    return found + 1;
}

const char* CsvScanner::start_record(const char* at, const char* end) {
    record_line_ = line_;
    record_offset_ = offset_of(at);
    if (*at == kMark[0] && marked_line_ == 0 && std::string_view(at, end).starts_with(kMark)) {
        marked_line_ = line_;
    }
    if (*at == '\n') {
        note_blank();
        return at + 1;
    }
    if (*at == '\r') {
        return_offset_ = offset_of(at);
        state_ = State::kAfterBlankReturn;
        return at + 1;
    }
    state_ = State::kFieldStart;
    return at;
}

// The hot loop: unquoted cells up to the end of the record or to whatever needs another state. Cells are only counted.
const char* CsvScanner::scan_cells(const char* at, const char* end) {
    const char* const start = at;
    const bool starts_cell = state_ == State::kFieldStart;
    at = skip_cells(at, end);
    const bool cell_is_empty = at == start ? starts_cell : at[-1] == delimiter_;
    if (at == end) {
        state_ = cell_is_empty ? State::kFieldStart : State::kPlain;
        return at;
    }
    return end_plain(at, class_of(*at), cell_is_empty);
}

// The first byte that is neither ordinary nor a delimiter.
const char* CsvScanner::skip_cells(const char* at, const char* end) {
    if (*at == '"') {
        return at;  // where all cells are quoted, one mask a cell would be much
    }
    for (; end - at >= kMaskBytes; at += kMaskBytes) {
        const std::uint64_t special = mask_of_any(at, '\n', '"', '\r', '\0');
        const std::uint64_t delimiters = mask_of_any(at, delimiter_);
        if (special != 0) {
            const int first = std::countr_zero(special);
            column_ += std::popcount(delimiters & bits_below(first));
            return at + first;
        }
        column_ += std::popcount(delimiters);
    }
    for (; at != end && class_of(*at) <= Class::kDelimiter; ++at) {
        column_ += *at == delimiter_ ? 1 : 0;
    }
    return at;
}

const char* CsvScanner::end_plain(const char* at, Class special, bool cell_is_empty) {
    if (special == Class::kLineFeed) {
        end_record(offset_of(at) + 1);
    } else if (special == Class::kReturn) {
        return_offset_ = offset_of(at);
        state_ = State::kAfterReturn;
    } else if (special == Class::kQuote && cell_is_empty) {
        quote_line_ = line_;
        quote_offset_ = offset_of(at);
        state_ = State::kQuoted;
    } else {
        fail(special == Class::kQuote ? CsvFault::kBareQuote : CsvFault::kNul, offset_of(at));
    }
    return at + 1;
}

const char* CsvScanner::scan_quoted(const char* at, const char* end) {
    for (int ordinary = 0; at != end; ++at, ++ordinary) {
        if (ordinary >= kShortCell && end - at >= kMaskBytes) {
            at = skip_quoted(at, end);
            ordinary = 0;
            if (at == end) {
                break;
            }
        }
        if (*at == '"') {
            state_ = State::kAfterQuote;
            return at + 1;
        }
        if (*at == '\n') {
            ++line_;
        } else if (*at == '\0') {
            fail(CsvFault::kNul, offset_of(at));
            return end;
        }
    }
    return end;
}

const char* CsvScanner::after_quote(const char* at) {
    switch (class_of(*at)) {
        case Class::kQuote:
            state_ = State::kQuoted;
            break;
        case Class::kDelimiter:
            ++column_;
            state_ = State::kFieldStart;
            break;
        case Class::kOrdinary:
            fail(CsvFault::kTextAfterQuote, offset_of(at));
            break;
        case Class::kLineFeed:
        case Class::kReturn:
        case Class::kNul:
            return end_plain(at, class_of(*at), false);
    }
    return at + 1;
}

const char* CsvScanner::after_return(const char* at) {
    if (*at != '\n') {
        fail(CsvFault::kBareCarriageReturn, return_offset_);
    } else if (state_ == State::kAfterReturn) {
        end_record(offset_of(at) + 1);
    } else {
        note_blank();
    }
    return at + 1;
}

void CsvScanner::note_blank() {
    blank_offsets_.push_back(record_offset_);
    ++line_;
    column_ = 1;
    state_ = State::kRecordStart;
}

void CsvScanner::end_record(std::int64_t end) {
    if (header_fields_ == 0) {
        header_fields_ = column_;
        header_line_ = record_line_;
        header_offset_ = record_offset_;
        header_end_ = end;
    } else {
        lines_.push_back(record_line_);
        offsets_.push_back(record_offset_);
        if (column_ != header_fields_) {
            note_ragged();
        }
    }
    ++line_;
    column_ = 1;
    state_ = State::kRecordStart;
}

void CsvScanner::note_ragged() {
    ++error_count_;
    if (errors_.size() < kErrorsKept) {
        const auto fault = column_ < header_fields_ ? CsvFault::kTooFewFields : CsvFault::kTooManyFields;
        errors_.push_back({fault, record_line_, record_line_, 0, record_offset_, column_, header_fields_});
    }
}

void CsvScanner::fail(CsvFault fault, std::int64_t offset) {
    const bool in_quote = state_ == State::kQuoted || state_ == State::kAfterQuote;
    const bool in_record = state_ != State::kRecordStart && state_ != State::kSkipping;
    const std::int64_t line = fault == CsvFault::kUnclosedQuote ? quote_line_ : line_;
    const std::int64_t start_line = in_quote ? quote_line_ : in_record ? record_line_ : line_;
    ++error_count_;
    errors_.push_back({fault, line, start_line, column_, offset, 0, 0});
    state_ = State::kFailed;
}

}  // namespace labelaudit
