// For a coverage-guided fuzzer: whatever pieces a text is fed in, the scanner finds the same records and errors and the
// notes are the same; the notes are also what a plain search of the whole text finds. A difference ends the process.
//
// The first byte chooses delimiter and lines to skip, the second the longest line, the third the pieces; the rest is
// the text. Each piece is memory of exactly its size, so that the address sanitizer sees a byte read beyond it.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "csv_scan.hpp"
#include "text_notes.hpp"

namespace {

using namespace labelaudit;
using Numbers = std::vector<std::int64_t>;

constexpr std::size_t kControls = 3;
constexpr std::string_view kDelimiters(",;\t|^ :a");

struct Found {
    Numbers lines, offsets, blanks, header, errors, notes;
    bool operator==(const Found&) const = default;
};

struct Options {
    char delimiter;
    std::int64_t skip_lines;
    std::int64_t longest;
};

void append(Numbers& to, const Numbers& from) {
    to.insert(to.end(), from.begin(), from.end());
}

void take(CsvScanner& scanner, Found& found) {
    append(found.lines, std::exchange(scanner.lines(), {}));
    append(found.offsets, std::exchange(scanner.offsets(), {}));
    append(found.blanks, std::exchange(scanner.blank_offsets(), {}));
}

// What is found in a text that comes in pieces of `size_of(bytes left)` bytes; records are taken after each piece.
template <typename SizeOf>
Found read(std::string_view text, const Options& options, SizeOf size_of) {
    CsvScanner scanner(options.delimiter, options.skip_lines);
    TextNotes notes(options.longest);
    Found found;
    while (!text.empty()) {
        const std::size_t size = std::min<std::size_t>(size_of(text.size()), text.size());
        const auto piece = std::make_unique_for_overwrite<char[]>(size);
        std::copy_n(text.begin(), size, piece.get());
        scanner.feed({piece.get(), size});
        notes.feed({piece.get(), size});
        take(scanner, found);
        text.remove_prefix(size);
    }
    scanner.finish();
    notes.finish();
    take(scanner, found);
    found.header = {scanner.header_fields(), scanner.header_line(), scanner.header_offset(),
                    scanner.header_end(),    scanner.marked_line(), scanner.error_count()};
    for (const CsvError& e : scanner.errors()) {
        append(found.errors,
               {static_cast<std::int64_t>(e.fault), e.line, e.start_line, e.column, e.offset, e.found, e.expected});
    }
    found.notes = {notes.long_line(), notes.charset_switch(), notes.lost_characters(), notes.has_minus_zero()};
    return found;
}

std::int64_t first_long_line(std::string_view text, std::int64_t longest) {
    for (std::size_t start = 0; longest != 0 && start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        if (static_cast<std::int64_t>(end - start) > longest) return static_cast<std::int64_t>(start);
        start = end + 1;
    }
    return TextNotes::kNowhere;
}

// The notes by plain search of the whole text.
Numbers searched(std::string_view text, std::int64_t longest) {
    std::int64_t charset_switch = TextNotes::kNowhere, lost = 0;
    bool minus_zero = false;
    for (std::size_t at = text.size(); at-- > 0;) {
        const std::string_view rest = text.substr(at);
        for (const std::string_view one : {"\x1B$@", "\x1B$B", "\x1B$)C", "\x1B(B", "\x1B(J", "\x1B(I"}) {
            if (rest.starts_with(one)) charset_switch = static_cast<std::int64_t>(at);
        }
        lost += rest.starts_with("\xEF\xBF\xBD");
        minus_zero |=
            rest.starts_with("-0") && (rest.size() == 2 || std::string_view(".eE123456789").find(rest[2]) == rest.npos);
    }
    return {first_long_line(text, longest), charset_switch, lost, minus_zero};
}

void demand(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "broken: %s\n", what);
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kControls) return 0;
    const Options options{kDelimiters[data[0] & 7U], (data[0] >> 3U) & 3, data[1]};
    const std::string_view text(reinterpret_cast<const char*>(data) + kControls, size - kControls);
    const Found whole = read(text, options, [](std::size_t left) { return left; });
    demand(whole.notes == searched(text, options.longest), "notes are what a search finds");
    demand(whole == read(text, options, [](std::size_t) { return std::size_t{1}; }), "byte by byte");
    std::uint32_t state = data[2];  // a linear congruential generator: Numerical Recipes, ranqd1
    demand(whole == read(text, options,
                         [&](std::size_t) {
                             state = 1664525U * state + 1013904223U;
                             return std::size_t{state >> 25U};  // 0 to 127: an empty piece is one too
                         }),
           "in pieces of random sizes");
    return 0;
}
