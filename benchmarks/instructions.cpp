// Every kernel once at a few sizes, each under a collection of callgrind's of its own: see instructions.py.
//
// Prints the compiler, the instruction sets that are found here, and for every kernel its elements: what its count of
// instructions is divided by. Without valgrind it only runs them.
#include <valgrind/callgrind.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "csr_matrix.hpp"
#include "csv_scan.hpp"
#include "csv_write.hpp"
#include "formulas.hpp"
#include "matrix.hpp"
#include "softmax.hpp"

namespace la = labelaudit;

namespace {

using Values = std::vector<double>;

std::size_t size(std::int64_t n) {
    return static_cast<std::size_t>(n);
}

// Numbers in (-1, 1) from a linear congruential generator: the same everywhere.
Values numbers(std::int64_t count, std::uint64_t seed = 1) {
    Values out(size(count));
    for (double& value : out) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        value = static_cast<double>(seed >> 11) * 0x1p-52 - 1.0;
    }
    return out;
}

// Once: callgrind would count the calls of a run before, though not their instructions.
template <class Work>
void measure(const std::string& name, std::int64_t elements, Work work) {
    std::printf("kernel\t%s\t%lld\n", name.c_str(), static_cast<long long>(elements));
    CALLGRIND_TOGGLE_COLLECT;
    work();
    CALLGRIND_TOGGLE_COLLECT;
    CALLGRIND_DUMP_STATS_AT(name.c_str());
}

std::string sized(const std::string& name, std::int64_t rows, std::int64_t cols, std::int64_t outputs) {
    return name + " " + std::to_string(rows) + " x " + std::to_string(cols) + " x " + std::to_string(outputs);
}

// The four matrix functions of a block; `entries` is what of it is stored.
template <class Block>
void measure_matrix(const std::string& name, const Block& x, std::int64_t entries, std::int64_t outputs) {
    const std::int64_t pairs = la::pair_count(outputs);
    const Values theta = numbers(x.cols * outputs), r = numbers(x.rows * outputs), w = numbers(x.rows * pairs);
    const Values m = numbers(pairs * x.cols * x.cols);
    Values rows(size(x.rows * pairs)), cols(size(x.cols * outputs)), squares(size(pairs * x.cols * x.cols));
    const std::span<double> logits = std::span(rows).first(size(x.rows * outputs));
    const std::int64_t width = entries / x.rows;  // of a row, as stored
    const auto named = [&](const std::string& function) { return sized(name + function, x.rows, x.cols, outputs); };
    measure(named(" forward"), entries * outputs, [&] { forward(x, theta, outputs, logits); });
    measure(named(" backward"), entries * outputs, [&] { add_backward(x, r, outputs, cols); });
    measure(named(" gram"), entries * width * pairs, [&] { add_gram(x, w, pairs, squares); });
    measure(named(" quadratic"), entries * width * pairs, [&] { quadratic(x, m, pairs, rows); });
}

template <class T>
void measure_dense(const std::string& name, std::int64_t rows, std::int64_t cols, std::int64_t outputs) {
    const Values wide = numbers(rows * cols);
    const std::vector<T> values(wide.begin(), wide.end());
    const la::DenseBlock<T> x{values.data(), rows, cols};
    measure_matrix(name, x, rows * cols, outputs);
    if (outputs > 1) return;
    const Values theta = numbers(cols), t(size(rows), 0.5), w = numbers(rows, 2);
    Values gradient(size(cols));
    measure(sized(name + " logistic gradient", rows, cols, 1), rows * cols,
            [&] { add_logistic_gradient(x, theta, t, w, gradient); });
}

// Rows of so many entries, spread evenly over the columns.
void measure_sparse(std::int64_t rows, std::int64_t cols, std::int64_t entries, std::int64_t outputs) {
    std::vector<std::int64_t> indptr{0};
    std::vector<std::int32_t> indices;
    for (std::int64_t i = 0; i < rows; ++i) {
        for (std::int64_t k = 0; k < entries; ++k)
            indices.push_back(static_cast<std::int32_t>(k * (cols / entries) + (i + k) % (cols / entries)));
        indptr.push_back(static_cast<std::int64_t>(indices.size()));
    }
    la::check_structure<std::int32_t>(indptr, indices, cols);
    const la::CsrMatrix<double, std::int32_t> x{la::shared(indptr), la::shared(indices),
                                                la::shared(numbers(rows * entries)), cols};
    measure_matrix("sparse", x.block(), rows * entries, outputs);
}

void measure_softmax(std::int64_t rows, std::int64_t outputs) {
    const std::int64_t pairs = la::pair_count(outputs);
    const Values z = numbers(rows * outputs), t(size(rows * outputs), 0.5), w = numbers(rows, 2);
    Values p(z.size()), out(z.size()), pairwise(size(rows * pairs));
    const auto named = [&](const std::string& f) {
        return f + " " + std::to_string(rows) + " x " + std::to_string(outputs);
    };
    measure(named("softmax probabilities"), rows * outputs, [&] { la::probabilities(z, outputs, p); });
    measure(named("softmax residual"), rows * outputs, [&] { la::residual(z, t, w, outputs, out); });
    measure(named("softmax curvature"), rows * pairs, [&] { la::curvature(p, w, outputs, pairwise); });
    measure(named("softmax apply curvature"), rows * outputs, [&] { la::apply_curvature(p, w, z, outputs, 1, out); });
}

std::string csv_text(std::int64_t rows, const std::string& cells) {
    std::string text = "a,b,c,d\n";
    for (std::int64_t i = 0; i < rows; ++i) text += std::to_string(i) + cells + "\n";
    return text;
}

void measure_scan(const std::string& name, const std::string& text) {
    measure("csv scan, " + name, static_cast<std::int64_t>(text.size()), [&] {
        la::CsvScanner scanner(',', 0);
        scanner.feed(text);
        scanner.finish();
        if (scanner.error_count()) std::printf("the scan refused %s\n", name.c_str());
    });
    measure("formula-like cells, " + name, static_cast<std::int64_t>(text.size()), [&] {
        if (la::count_formula_like(text, ',') != 0) std::printf("formulas in %s\n", name.c_str());
    });
}

void measure_records(std::int64_t rows) {
    const Values floats = numbers(rows);
    std::vector<std::int64_t> integers, codes;
    for (std::int64_t i = 0; i < rows; ++i) integers.push_back(i * i), codes.push_back(i % 4 - 1);
    const auto measured = [&](const std::string& name, const std::vector<la::CsvColumn>& columns) {
        measure("csv records, " + name, rows * static_cast<std::int64_t>(columns.size()), [&] {
            std::string out;
            la::append_records(columns, 0, rows, out);
        });
    };
    measured("floats", {floats, floats});
    measured("integers", {std::span<const std::int64_t>(integers), std::span<const std::int64_t>(integers)});
    measured("words", {la::CsvWords{codes, {"red", "green", "\"a, b\""}}});
}

// The instruction set that is in use from the start, and those that are there: each has to run and to agree.
bool sets_agree() {
    const std::int64_t rows = 37, cols = 19;
    const Values x = numbers(rows * cols), w = numbers(rows), theta = numbers(cols);
    bool agree = true;
    Values first;
    std::printf("set\t%s\n", la::instruction_set().c_str());
    for (const std::string& name : la::instruction_sets()) {
        la::use_instruction_set(name);
        Values out(size(rows + cols * cols));
        forward(la::DenseBlock<double>{x.data(), rows, cols}, theta, 1, std::span(out).first(size(rows)));
        add_gram(la::DenseBlock<double>{x.data(), rows, cols}, w, 1, std::span(out).subspan(size(rows)));
        if (first.empty()) first = out;
        for (std::size_t i = 0; i < out.size(); ++i) agree = agree && std::abs(out[i] - first[i]) <= 1e-12;
        std::printf("set\t%s\n", name.c_str());
    }
    return agree;
}

}  // namespace

int main() {
#ifdef __clang__
    std::printf("compiler\tclang %d\n", __clang_major__);
#else
    std::printf("compiler\tgcc %d\n", __GNUC__);
#endif
    if (!sets_agree()) {
        std::printf("the instruction sets disagree\n");
        return 1;
    }
    la::use_instruction_set("baseline");
    measure_dense<double>("dense", 1, 16, 1);
    measure_dense<double>("dense", 400, 20, 1);
    measure_dense<double>("dense", 200, 100, 1);
    measure_dense<double>("dense", 200, 33, 3);
    measure_dense<float>("dense float32", 200, 33, 3);
    measure_sparse(400, 200, 10, 1);
    measure_sparse(400, 200, 10, 3);
    measure_softmax(1000, 1);
    measure_softmax(500, 4);
    measure_scan("plain", csv_text(2000, ",0.123456,some words,-7.5"));
    measure_scan("quoted", csv_text(2000, ",\"a \"\"b\"\", c\",\"two\nlines\",x"));
    measure_scan("not ASCII", csv_text(2000, ",na\xC3\xAFve caf\xC3\xA9,\xE2\x82\xAC 5,\xF0\x9F\x98\x80"));
    measure_records(1000);
    return 0;
}
