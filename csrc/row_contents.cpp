#include "row_contents.hpp"

#include <array>
#include <charconv>

#include "csv_walk.hpp"

namespace labelaudit {
namespace {

void add_measured(std::string& out, std::string_view cell) {
    std::array<char, 24> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), cell.size());
    out.append(digits.data(), end);
    out.push_back(':');
    out.append(cell);
}

}  // namespace

RowContents row_contents(std::span<const char> bytes, char delimiter, std::span<const ContentColumn> columns,
                         std::size_t rows) {
    CellWalk cells(bytes, delimiter);
    RowContents found;
    found.ends.reserve(rows);
    std::vector<std::string_view> texts(columns.size());
    std::vector<std::string> kept(columns.size());  // of cells that do not last
    cells.pass_empty_lines();
    for (std::size_t row = 0; row < rows; ++row) {
        CellWalk::expect(!cells.at_end());
        for (std::size_t field = 0; field < columns.size(); ++field) {
            const auto [text, lasts] = cells.next();
            texts[field] = lasts ? text : std::string_view(kept[field] = text);
            cells.pass(field + 1 == columns.size());
        }
        for (const ContentColumn& column : columns) {
            found.bytes.append(column.head);
            add_measured(found.bytes, texts[column.field]);
        }
        found.ends.push_back(found.bytes.size());
        cells.pass_empty_lines();
    }
    CellWalk::expect(cells.at_end());
    return found;
}

}  // namespace labelaudit
