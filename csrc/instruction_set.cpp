#include "instruction_set.hpp"

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "matrix.hpp"

namespace labelaudit {
namespace {

std::vector<const InstructionSet*> available() {
    std::vector<const InstructionSet*> sets;
#ifdef LABELAUDIT_X86_SETS
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        sets.push_back(&avx512_kernels);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&avx2_kernels);
#endif
    sets.push_back(&baseline_kernels);
    return sets;
}

std::atomic<const InstructionSet*>& current() {
    static std::atomic<const InstructionSet*> set{available().front()};
    return set;
}

}  // namespace

const InstructionSet& instructions() {
    return *current().load();
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const InstructionSet* set : available()) names.emplace_back(set->name);
    return names;
}

std::string instruction_set() {
    return current().load()->name;
}

void use_instruction_set(const std::string& name) {
    for (const InstructionSet* set : available())
        if (name == set->name) {
            current().store(set);
            return;
        }
    throw std::invalid_argument("instruction set \"" + name + "\" is not in this build or not on this processor");
}

}  // namespace labelaudit
