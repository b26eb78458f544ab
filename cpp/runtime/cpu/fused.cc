#include "cpp/runtime/cpu/fused.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/broadcast_tile.h"
#include "cpp/runtime/cpu/elementwise.h"

namespace castalia::cpu {
namespace {

// A tile holds 4 KiB of the widest type in the program; a group of tiles is what one thread takes.
constexpr int64_t kTileBytes = 4096;
constexpr int64_t kTilesPerGroup = 16;
// Room behind each scratch tile for whole vectors; it also keeps tiles off the same L1 sets.
constexpr size_t kSlotPadding = 128;

// The input of FusedPieces that another kernel makes.
constexpr int kMade = 0;

constexpr size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

// Where a value lives while a tile is computed.
enum class Place {
  input,    // in the operand itself
  output,   // in the output itself
  scratch,  // in a scratch tile
};

struct Value {
  DType dtype = DType::float32;
  Place place = Place::scratch;
  size_t offset = 0;  // in scratch; the position among inputs or outputs otherwise
  int first_use = -1;
  int last_use = -1;
};

// How an input reaches the loops.
enum class Access {
  dense,     // in place
  uniform,   // one element, spread over a tile once a run
  periodic,  // repeats after `period` elements: a repeated copy is made once a run
  general,   // copied tile by tile
  made,      // dense and copied tile by tile to the element: its neighbours are being computed
};

struct Input {
  Access access = Access::dense;
  std::array<int64_t, Shape::kMaxRank> strides{};  // over the collapsed axes
  int64_t period = 0;
};

struct Step {
  TileFunction function = nullptr;  // null: copy a tile of the input `result`
  std::array<int, 3> operands{};
  int operand_count = 0;
  int result = 0;
};

// An output that, when it is the same buffer as one of `inputs`, must wait in scratch until the end
// of the tile, because those inputs are read after it is computed.
struct Staged {
  int value = 0;
  size_t offset = 0;
  std::vector<int> inputs;
};

struct Plan {
  Shape axes;  // the iteration, with axes merged wherever every input steps evenly
  int64_t count = 0;
  int64_t tile = 0;  // elements
  size_t instruction_count = 0;
  std::vector<Value> values;
  std::vector<Input> inputs;
  std::vector<std::pair<int, double>> constants;  // (value, number): one of each kind
  std::vector<Step> steps;
  std::vector<Staged> staged;
  bool exact = false;  // all outputs wait in scratch, and no element too many is written
  size_t scratch_bytes = 0;
};

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
  explicit Runner(Plan plan) : plan_(std::move(plan)) {}

  const Plan& plan() const { return plan_; }

  // Writes what does not change from tile to tile into scratch; returns whether outputs wait there.
  bool prepare(const KernelArguments& arguments) const {
    Row* rows = table(arguments);
    resolve(arguments, rows);
    const bool any_staged = stage(arguments, rows);
    fill(arguments, rows);
    return any_staged;
  }

  void run(const KernelArguments& arguments, bool any_staged, int64_t start, int64_t end) const {
    Row* rows = table(arguments);
    for (; start < end; start += plan_.tile) {
      const int64_t count = std::min(plan_.tile, end - start);
      run_tile(arguments, rows, start, count);
      if (any_staged) flush(arguments, rows, start, count);
    }
  }

 private:
  // The address of a value's element 0, and the bytes it advances by element of the iteration.
  struct Row {
    std::byte* base;
    size_t step;
  };

  // The table of value addresses stands at the start of the scratch memory.
  static Row* table(const KernelArguments& arguments) {
    return reinterpret_cast<Row*>(arguments.scratch);
  }

  void resolve(const KernelArguments& arguments, Row* rows) const {
    for (size_t i = 0; i < plan_.values.size(); ++i) {
      const Value& value = plan_.values[i];
      switch (value.place) {
        case Place::input:
          // Inputs are only read; the table serves both.
          rows[i] = {static_cast<std::byte*>(const_cast<void*>(arguments.inputs[value.offset])),
                     size_of(value.dtype)};
          break;
        case Place::output:
          rows[i] = {static_cast<std::byte*>(arguments.outputs[value.offset]),
                     size_of(value.dtype)};
          break;
        case Place::scratch: rows[i] = {arguments.scratch + value.offset, 0}; break;
      }
    }
  }

  bool stage(const KernelArguments& arguments, Row* rows) const {
    bool any = false;
    for (const Staged& staged : plan_.staged) {
      if (plan_.exact) {
        rows[staged.value] = {arguments.scratch + staged.offset, 0};
        any = true;
        continue;
      }
      const void* output = arguments.outputs[plan_.values[staged.value].offset];
      for (int input : staged.inputs) {
        if (arguments.inputs[input] != output) continue;
        rows[staged.value] = {arguments.scratch + staged.offset, 0};
        any = true;
      }
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

  Plan plan_;
};

class FusedKernel : public Kernel {
 public:
  explicit FusedKernel(Plan plan) : runner_(std::move(plan)) {}

  int64_t tiles() const override { return (plan().count + group() - 1) / group(); }
  size_t scratch_bytes() const override { return plan().scratch_bytes; }
  double flops() const override {
    return static_cast<double>(plan().count) * static_cast<double>(plan().instruction_count);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const bool any_staged = runner_.prepare(arguments);
    runner_.run(arguments, any_staged, first * group(), std::min(last * group(), plan().count));
  }

 private:
  const Plan& plan() const { return runner_.plan(); }
  int64_t group() const { return plan().tile * kTilesPerGroup; }

  Runner runner_;
};

// ---- planning ----

class Planner {
 public:
  Planner(FusedProgram program, bool exact) : program_(std::move(program)) { plan_.exact = exact; }

  Plan make() {
    plan_.count = program_.shape.count();
    make_outputs_distinct();
    declare_values();
    find_uses();
    collapse_axes();
    for (size_t i = 0; i < program_.inputs.size(); ++i) classify(static_cast<int>(i));
    make_steps();
    plan_.instruction_count = program_.instructions.size();
    plan_.scratch_bytes = top_;
    return std::move(plan_);
  }

 private:
  // Afterwards every output is the result of an instruction of its own.
  void make_outputs_distinct() {
    const int first_result = program_.instruction_value(0);
    std::vector<int> seen;
    for (int& output : program_.outputs) {
      check(output >= 0 && output < value_count(), "fused kernel: output value ", output,
            " does not exist");
      if (output < first_result || std::find(seen.begin(), seen.end(), output) != seen.end()) {
        program_.instructions.push_back({"copy", dtype_of_value(output), {output}});
        output = value_count() - 1;
      }
      seen.push_back(output);
    }
  }

  int value_count() const {
    return program_.instruction_value(static_cast<int>(program_.instructions.size()));
  }

  DType dtype_of_value(int value) const {
    const int first_constant = program_.constant_value(0);
    const int first_result = program_.instruction_value(0);
    if (value < first_constant) return program_.inputs[value].dtype;
    if (value < first_result) return program_.constants[value - first_constant].dtype;
    return program_.instructions[value - first_result].dtype;
  }

  void declare_values() {
    plan_.values.resize(value_count());
    bool wide = false;
    for (int i = 0; i < value_count(); ++i) {
      plan_.values[i].dtype = dtype_of_value(i);
      check(is_floating(plan_.values[i].dtype), "fused kernel: value ", i, " is ",
            name(plan_.values[i].dtype), ", not floating-point");
      wide = wide || size_of(plan_.values[i].dtype) == 8;
    }
    plan_.tile = kTileBytes / (wide ? 8 : 4);
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      Value& value = plan_.values[program_.outputs[i]];
      value.place = Place::output;
      value.offset = i;
    }
    // The address table of a run: two words for each value.
    top_ = round_up(plan_.values.size() * 16);
  }

  void find_uses() {
    for (size_t i = 0; i < program_.instructions.size(); ++i) {
      const FusedInstruction& instruction = program_.instructions[i];
      for (int operand : instruction.operands) {
        check(operand >= 0 && operand < program_.instruction_value(static_cast<int>(i)),
              "fused kernel: instruction ", i, " (", instruction.operation, ") uses value ",
              operand, ", which is not known yet");
        Value& value = plan_.values[operand];
        if (value.first_use < 0) value.first_use = static_cast<int>(i);
        value.last_use = static_cast<int>(i);
      }
    }
  }

  // Drops axes of extent 1 and merges an axis into the next one where all inputs allow it.
  void collapse_axes() {
    plan_.inputs.resize(program_.inputs.size());
    const Shape& shape = program_.shape;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      const int last = plan_.axes.rank() - 1;
      bool merge = last >= 0;
      for (size_t i = 0; i < plan_.inputs.size() && merge; ++i) {
        merge = plan_.inputs[i].strides[last] == program_.inputs[i].strides[axis] * shape[axis];
      }
      if (merge) {
        plan_.axes[last] *= shape[axis];
      } else {
        plan_.axes.push_back(shape[axis]);
      }
      const int target = plan_.axes.rank() - 1;
      for (size_t i = 0; i < plan_.inputs.size(); ++i) {
        plan_.inputs[i].strides[target] = program_.inputs[i].strides[axis];
      }
    }
    if (plan_.axes.rank() == 0) {
      plan_.axes.push_back(1);
      for (Input& input : plan_.inputs) input.strides[0] = 1;
    }
  }

  void classify(int index) {
    Input& input = plan_.inputs[index];
    Value& value = plan_.values[index];
    const int rank = plan_.axes.rank();
    // The trailing axes over which the operand is dense, and how many elements they have.
    int axis = rank;
    int64_t dense = 1;
    while (axis > 0 && input.strides[axis - 1] == dense) dense *= plan_.axes[--axis];
    bool broadcast = true;
    for (int outer = 0; outer < axis; ++outer) broadcast = broadcast && input.strides[outer] == 0;
    if (plan_.exact && index == kMade) {
      check(axis == 0, "fused kernel: the input that is being made is not dense");
      input.access = Access::made;
    } else if (axis == 0 || value.last_use < 0) {
      input.access = Access::dense;
      value.place = Place::input;
      value.offset = static_cast<size_t>(index);
    } else if (broadcast && axis == rank) {
      input.access = Access::uniform;
      value.offset = allocate_bytes(slot_bytes(value.dtype));
    } else if (broadcast && dense <= plan_.tile) {
      input.access = Access::periodic;
      input.period = dense;
      value.offset = allocate_bytes(slot_bytes(value.dtype) +
                                    round_up(static_cast<size_t>(dense) * size_of(value.dtype)));
    } else {
      input.access = Access::general;
    }
  }

  size_t slot_bytes(DType dtype) const {
    return round_up(static_cast<size_t>(plan_.tile) * size_of(dtype)) + kSlotPadding;
  }

  size_t allocate_bytes(size_t bytes) { return std::exchange(top_, top_ + round_up(bytes)); }

  size_t take_slot(DType dtype) {
    std::vector<size_t>& free = free_slots(dtype);
    if (free.empty()) return allocate_bytes(slot_bytes(dtype));
    const size_t offset = free.back();
    free.pop_back();
    return offset;
  }

  std::vector<size_t>& free_slots(DType dtype) { return size_of(dtype) == 4 ? free4_ : free8_; }

  // Values whose tile is handed on after their last use.
  bool is_temporary(int index) const {
    if (index < static_cast<int>(plan_.inputs.size())) {
      const Access access = plan_.inputs[index].access;
      return access == Access::general || access == Access::made;
    }
    return index >= program_.instruction_value(0) && plan_.values[index].place == Place::scratch;
  }

  void make_steps() {
    place_constants();
    for (size_t i = 0; i < program_.instructions.size(); ++i) make_step(static_cast<int>(i));
  }

  void place_constants() {
    for (size_t i = 0; i < program_.constants.size(); ++i) {
      const int index = program_.constant_value(static_cast<int>(i));
      const double number = program_.constants[i].value;
      Value& value = plan_.values[index];
      if (value.last_use < 0) continue;
      const auto same =
          std::find_if(plan_.constants.begin(), plan_.constants.end(), [&](const auto& other) {
            return plan_.values[other.first].dtype == value.dtype &&
                   std::bit_cast<uint64_t>(other.second) == std::bit_cast<uint64_t>(number);
          });
      if (same != plan_.constants.end()) {
        value.offset = plan_.values[same->first].offset;
      } else {
        value.offset = allocate_bytes(slot_bytes(value.dtype));
        plan_.constants.emplace_back(index, number);
      }
    }
  }

  void make_step(int index) {
    const FusedInstruction& instruction = program_.instructions[index];
    const int result = program_.instruction_value(index);
    Step step;
    step.function = function_of(instruction, index);
    step.operand_count = static_cast<int>(instruction.operands.size());
    step.result = result;
    for (int i = 0; i < step.operand_count; ++i) {
      const int operand = instruction.operands[i];
      step.operands[i] = operand;
      Value& value = plan_.values[operand];
      if (is_temporary(operand) && operand < program_.constant_value(0) &&
          value.first_use == index && value.offset == 0) {
        value.offset = take_slot(value.dtype);
        Step copy;
        copy.result = operand;
        plan_.steps.push_back(copy);
      }
    }
    // A result may take the tile of an operand that ends here, unless their elements differ in
    // size.
    const bool cast = instruction.operation == "cast";
    if (!cast) release_operands(instruction, index);
    Value& value = plan_.values[result];
    if (value.place == Place::output) {
      add_staged(index, result);
    } else {
      value.offset = take_slot(value.dtype);
      if (value.last_use < 0) free_slots(value.dtype).push_back(value.offset);
    }
    if (cast) release_operands(instruction, index);
    plan_.steps.push_back(step);
  }

  TileFunction function_of(const FusedInstruction& instruction, int index) const {
    const std::string& operation = instruction.operation;
    const size_t expected = operation == "cast" ? 1 : operand_count(operation);
    check(expected > 0, "fused kernel: no operation '", operation, "'");
    check(instruction.operands.size() == expected, "fused kernel: ", operation, " takes ", expected,
          " operands, not ", instruction.operands.size());
    if (operation == "cast") {
      return cast_function(plan_.values[instruction.operands[0]].dtype, instruction.dtype);
    }
    for (int operand : instruction.operands) {
      check(plan_.values[operand].dtype == instruction.dtype, "fused kernel: instruction ", index,
            " (", operation, ") is ", name(instruction.dtype), " but value ", operand, " is ",
            name(plan_.values[operand].dtype));
    }
    return tile_function(operation, instruction.dtype);
  }

  void release_operands(const FusedInstruction& instruction, int index) {
    for (size_t i = 0; i < instruction.operands.size(); ++i) {
      const int operand = instruction.operands[i];
      const auto begin = instruction.operands.begin();
      const bool repeated = std::find(begin, begin + i, operand) != begin + i;
      const Value& value = plan_.values[operand];
      if (!repeated && value.last_use == index && is_temporary(operand)) {
        free_slots(value.dtype).push_back(value.offset);
      }
    }
  }

  void add_staged(int index, int result) {
    Staged staged;
    staged.value = result;
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      const Value& input = plan_.values[i];
      if (plan_.inputs[i].access == Access::dense && input.last_use > index) {
        staged.inputs.push_back(static_cast<int>(i));
      }
    }
    if (staged.inputs.empty() && !plan_.exact) return;
    staged.offset = allocate_bytes(slot_bytes(plan_.values[result].dtype));
    plan_.staged.push_back(std::move(staged));
  }

  FusedProgram program_;
  Plan plan_;
  size_t top_ = 0;
  std::vector<size_t> free4_, free8_;
};

}  // namespace

std::array<int64_t, Shape::kMaxRank> broadcast_strides(const Shape& operand,
                                                       const Shape& iteration) {
  check(operand.rank() <= iteration.rank(), "fused kernel: shape ", operand,
        " does not broadcast to ", iteration);
  std::array<int64_t, Shape::kMaxRank> strides{};
  const auto dense = operand.strides();
  const int missing = iteration.rank() - operand.rank();
  for (int axis = 0; axis < operand.rank(); ++axis) {
    if (operand[axis] == 1) continue;
    check(operand[axis] == iteration[axis + missing], "fused kernel: shape ", operand,
          " does not broadcast to ", iteration);
    strides[axis + missing] = dense[axis];
  }
  return strides;
}

std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program) {
  return std::make_unique<FusedKernel>(Planner(program, false).make());
}

struct FusedPieces::State {
  Runner runner;
};

FusedPieces::FusedPieces(const FusedProgram& program)
    : state_(new State{Runner(Planner(program, true).make())}) {}
FusedPieces::~FusedPieces() = default;

size_t FusedPieces::scratch_bytes() const { return state_->runner.plan().scratch_bytes; }

void FusedPieces::prepare(const KernelArguments& arguments) const {
  state_->runner.prepare(arguments);
}

void FusedPieces::run(const KernelArguments& arguments, int64_t first, int64_t count) const {
  state_->runner.run(arguments, true, first, first + count);
}

}  // namespace castalia::cpu
