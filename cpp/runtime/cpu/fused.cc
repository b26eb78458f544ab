#include "cpp/runtime/cpu/fused.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/broadcast_tile.h"
#include "cpp/runtime/cpu/fused_plan.h"

namespace castalia::cpu {
namespace {

using Access = FusedPlan::Access;
using Input = FusedPlan::Input;
using Place = FusedPlan::Place;
using Staged = FusedPlan::Staged;
using Step = FusedPlan::Step;
using Value = FusedPlan::Value;

// What one thread takes at a time.
constexpr int64_t kTilesPerGroup = 16;

template <typename Function>
void with_word(DType dtype, Function function) {
  if (size_of(dtype) == 4) {
    function(uint32_t{});
  } else {
    function(uint64_t{});
  }
}

// Runs a plan on any part of the iteration.
class Runner {
 public:
  explicit Runner(FusedPlan plan) : plan_(std::move(plan)) {}

  const FusedPlan& plan() const { return plan_; }

  // Writes what does not change from tile to tile into scratch.
  void prepare(const KernelArguments& arguments) const {
    Row* rows = table(arguments);
    resolve(arguments, rows);
    fill(arguments, rows);
  }

  // Elements [start, end). Up to a vector more of the outputs may be written.
  void run(const KernelArguments& arguments, int64_t start, int64_t end) const {
    run_tiles(arguments, stage(arguments, table(arguments)), start, end);
  }

  // The same, and nothing else is written: what fills whole vectors in its place, and the rest by
  // way of scratch.
  void run_exact(const KernelArguments& arguments, int64_t start, int64_t end) const {
    Row* rows = table(arguments);
    const bool only_scratch = plan_.staged.empty() && !plan_.has_made;
    const int64_t whole = only_scratch ? end : end - (end - start) % kWholeVectors;
    if (start < whole) {
      if (plan_.has_made) rows[kFusedMade] = in_place(arguments.inputs[kFusedMade], kFusedMade);
      run_tiles(arguments, stage(arguments, rows), start, whole);
    }
    if (whole < end) {
      if (plan_.has_made) rows[kFusedMade] = in_scratch(arguments, plan_.values[kFusedMade].offset);
      for (const Staged& staged : plan_.staged) {
        rows[staged.value] = in_scratch(arguments, staged.offset);
      }
      run_tiles(arguments, true, whole, end);
    }
  }

  // Computes what `run` does and gives the elements of the value that another kernel reads.
  const std::byte* run_piece(const KernelArguments& arguments, int64_t start, int64_t count) const {
    const Value& value = plan_.values[plan_.piece_value];
    std::byte* const piece = arguments.scratch + value.offset;
    const size_t size = size_of(value.dtype);
    // Element `start` is the first of the piece. (Element 0 would lie outside of all memory, and is
    // only counted from.)
    const uintptr_t origin = reinterpret_cast<uintptr_t>(piece) - static_cast<size_t>(start) * size;
    table(arguments)[plan_.piece_value] = {reinterpret_cast<std::byte*>(origin), size};
    run_exact(arguments, start, start + count);
    return piece;
  }

 private:
  // The address of a value's element 0, and the bytes it advances by element of the iteration.
  struct Row {
    std::byte* base;
    size_t step;
  };

  // Elements of either type that fill the vectors of every instruction set.
  static constexpr int64_t kWholeVectors = 16;

  // The table of value addresses stands at the start of the scratch memory.
  static Row* table(const KernelArguments& arguments) {
    return reinterpret_cast<Row*>(arguments.scratch);
  }

  // Inputs are only read; the table serves both.
  Row in_place(const void* buffer, int value) const {
    return {static_cast<std::byte*>(const_cast<void*>(buffer)), size_of(plan_.values[value].dtype)};
  }
  static Row in_scratch(const KernelArguments& arguments, size_t offset) {
    return {arguments.scratch + offset, 0};
  }

  void run_tiles(const KernelArguments& arguments, bool any_staged, int64_t start,
                 int64_t end) const {
    Row* rows = table(arguments);
    for (; start < end; start += plan_.tile) {
      const int64_t count = std::min(plan_.tile, end - start);
      run_tile(arguments, rows, start, count);
      if (any_staged) flush(arguments, rows, start, count);
    }
  }

  void resolve(const KernelArguments& arguments, Row* rows) const {
    for (int i = 0; i < static_cast<int>(plan_.values.size()); ++i) {
      const Value& value = plan_.values[i];
      switch (value.place) {
        case Place::input: rows[i] = in_place(arguments.inputs[value.offset], i); break;
        case Place::output: rows[i] = in_place(arguments.outputs[value.offset], i); break;
        case Place::scratch:
        case Place::piece: rows[i] = in_scratch(arguments, value.offset); break;
      }
    }
  }

  // Lets outputs wait in scratch that lie over an input which is read after them; returns whether
  // any does.
  bool stage(const KernelArguments& arguments, Row* rows) const {
    bool any = false;
    for (const Staged& staged : plan_.staged) {
      const void* output = arguments.outputs[plan_.values[staged.value].offset];
      const bool waits = std::any_of(staged.inputs.begin(), staged.inputs.end(),
                                     [&](int input) { return arguments.inputs[input] == output; });
      rows[staged.value] =
          waits ? in_scratch(arguments, staged.offset) : in_place(output, staged.value);
      any = any || waits;
    }
    return any;
  }

  // Fills what stays the same from tile to tile.
  void fill(const KernelArguments& arguments, Row* rows) const {
    const int64_t tile = std::min(plan_.tile, plan_.count);
    for (const auto& [value, number] : plan_.constants) {
      if (plan_.values[value].dtype == DType::float32) {
        fill_words(reinterpret_cast<float*>(rows[value].base), static_cast<float>(number), tile);
      } else {
        fill_words(reinterpret_cast<double*>(rows[value].base), number, tile);
      }
    }
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      const Input& input = plan_.inputs[i];
      if (input.access != Access::uniform && input.access != Access::periodic) continue;
      with_word(plan_.values[i].dtype, [&](auto word) {
        using Word = decltype(word);
        Word* out = reinterpret_cast<Word*>(arguments.scratch + plan_.values[i].offset);
        const Word* in = static_cast<const Word*>(arguments.inputs[i]);
        if (input.access == Access::uniform) {
          fill_words(out, *in, tile);
        } else {
          const int64_t length = tile + input.period;
          copy_words(out, in, input.period);
          for (int64_t done = input.period; done < length; done *= 2) {
            // Not copy_words(), whose last piece would overlap what it reads.
            std::memcpy(out + done, out,
                        static_cast<size_t>(std::min(done, length - done)) * sizeof(Word));
          }
        }
      });
    }
  }

  void run_tile(const KernelArguments& arguments, Row* rows, int64_t start, int64_t count) const {
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      if (plan_.inputs[i].access != Access::periodic) continue;
      const Value& value = plan_.values[i];
      const size_t phase = static_cast<size_t>(start % plan_.inputs[i].period);
      rows[i].base = arguments.scratch + value.offset + phase * size_of(value.dtype);
    }
    const auto address = [&](int value) {
      return rows[value].base + static_cast<size_t>(start) * rows[value].step;
    };
    for (const Step& step : plan_.steps) {
      if (step.function == nullptr) {
        copy_general(arguments, rows, step.result, start, count);
        continue;
      }
      const void* operands[3];
      for (int i = 0; i < step.operand_count; ++i) operands[i] = address(step.operands[i]);
      step.function(operands, address(step.result), static_cast<size_t>(count));
    }
  }

  void copy_general(const KernelArguments& arguments, Row* rows, int input, int64_t start,
                    int64_t count) const {
    if (plan_.inputs[input].access == Access::made) {
      if (rows[input].step != 0) return;  // read in place
      const size_t size = size_of(plan_.values[input].dtype);
      std::memcpy(rows[input].base,
                  static_cast<const std::byte*>(arguments.inputs[input]) +
                      static_cast<size_t>(start) * size,
                  static_cast<size_t>(count) * size);
      return;
    }
    with_word(plan_.values[input].dtype, [&](auto word) {
      using Word = decltype(word);
      gather_words(reinterpret_cast<Word*>(rows[input].base),
                   static_cast<const Word*>(arguments.inputs[input]), plan_.axes,
                   plan_.inputs[input].strides, start, count);
    });
  }

  void flush(const KernelArguments& arguments, const Row* rows, int64_t start,
             int64_t count) const {
    for (const Staged& staged : plan_.staged) {
      if (rows[staged.value].step != 0) continue;  // went to the output directly
      const Value& value = plan_.values[staged.value];
      const size_t size = size_of(value.dtype);
      std::memcpy(static_cast<std::byte*>(arguments.outputs[value.offset]) +
                      static_cast<size_t>(start) * size,
                  rows[staged.value].base, static_cast<size_t>(count) * size);
    }
  }

  FusedPlan plan_;
};

class FusedKernel : public Kernel {
 public:
  explicit FusedKernel(FusedPlan plan) : runner_(std::move(plan)) {}

  int64_t tiles() const override { return (plan().count + group() - 1) / group(); }
  size_t scratch_bytes() const override { return plan().scratch_bytes; }
  double flops() const override {
    return static_cast<double>(plan().count) * static_cast<double>(plan().instruction_count);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    runner_.prepare(arguments);
    runner_.run(arguments, first * group(), std::min(last * group(), plan().count));
  }

 private:
  const FusedPlan& plan() const { return runner_.plan(); }
  int64_t group() const { return plan().tile * kTilesPerGroup; }

  Runner runner_;
};

}  // namespace

std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program) {
  return std::make_unique<FusedKernel>(plan_fused(program, FusedRole::kernel));
}

struct FusedPieces::State {
  Runner runner;
};

FusedPieces::FusedPieces(const FusedProgram& program)
    : state_(new State{Runner(plan_fused(program, FusedRole::pieces))}) {}
FusedPieces::~FusedPieces() = default;

size_t FusedPieces::scratch_bytes() const { return state_->runner.plan().scratch_bytes; }

void FusedPieces::prepare(const KernelArguments& arguments) const {
  state_->runner.prepare(arguments);
}

void FusedPieces::run(const KernelArguments& arguments, int64_t first, int64_t count) const {
  state_->runner.run_exact(arguments, first, first + count);
}

struct FusedOperand::State {
  Runner runner;
};

FusedOperand::FusedOperand(const FusedProgram& program)
    : state_(new State{Runner(plan_fused(program, FusedRole::operand))}) {}
FusedOperand::~FusedOperand() = default;

size_t FusedOperand::scratch_bytes() const { return state_->runner.plan().scratch_bytes; }

double FusedOperand::flops() const {
  const FusedPlan& plan = state_->runner.plan();
  return static_cast<double>(plan.count) * static_cast<double>(plan.instruction_count);
}

int64_t FusedOperand::capacity() const {
  const FusedPlan& plan = state_->runner.plan();
  return kFusedPieceBytes / static_cast<int64_t>(size_of(plan.values[plan.piece_value].dtype));
}

void FusedOperand::prepare(const KernelArguments& arguments) const {
  state_->runner.prepare(arguments);
}

const void* FusedOperand::piece(const KernelArguments& arguments, int64_t first,
                                int64_t count) const {
  return state_->runner.run_piece(arguments, first, count);
}

}  // namespace castalia::cpu
