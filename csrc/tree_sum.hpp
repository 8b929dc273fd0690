// The sum of parts in the fixed tree of tree.py, a binary counter over their order: (0 + 1) + (2 + 3), ..
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace labelaudit {

class TreeSum {
  public:
    explicit TreeSum(std::size_t size) : size_(size) {}

    // The next part: zeros, for the caller to fill until the next call.
    std::span<double> part() {
        join();
        stack_.push_back({0, std::vector<double>(size_)});
        return stack_.back().total;
    }

    // The sum of all parts, at least one; what the tree does not join is added from the last one on.
    std::vector<double> whole() {
        join();
        while (stack_.size() > 1) add_last();
        return std::move(stack_.back().total);
    }

  private:
    struct Node {
        int height;
        std::vector<double> total;
    };

    void join() {
        while (stack_.size() > 1 && stack_[stack_.size() - 2].height == stack_.back().height) add_last();
    }

    void add_last() {
        const Node last = std::move(stack_.back());
        stack_.pop_back();
        Node& left = stack_.back();
        for (std::size_t i = 0; i < size_; ++i) left.total[i] += last.total[i];
        ++left.height;
    }

    std::size_t size_;
    std::vector<Node> stack_;
};

}  // namespace labelaudit
