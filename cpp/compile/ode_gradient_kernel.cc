#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "cpp/compile/ode_kernel.h"

namespace castalia {
namespace {

CompileOptions as_they_are(CompileOptions options) {
  options.states_fixed = false;
  return options;
}

// Operands: y at the beginning and at the end, arguments, captured, cotangent of y at the end.
// Result i is what the pullback's result i + 1 is summed or integrated to.
class OdeGradientKernel : public OdeKernel {
 public:
  OdeGradientKernel(const KernelRequest& request, const CompileOptions& options)
      : OdeKernel(request, options, 2),
        pullback_(*request.attributes.graph("pullback"), as_they_are(options),
                  std::vector<bool>(request.inputs.size() - 1 - first_captured(), false)) {
    for (size_t i = 1; i < request.outputs.size(); ++i) {
      const Shape& shape = request.outputs[i].shape;
      // Of what rows have, the first axis counts rows; of what is captured, tiles.
      const bool of_rows = i <= moving_arguments(request);
      (of_rows ? argument_columns_ : captured_counts_)
          .push_back(of_rows ? shape[1] : count_after_first(shape));
    }
    for (const int64_t columns : argument_columns_) all_argument_columns_ += columns;
  }

  double flops() const override { return 3 * pullback_.flops() * evaluations(); }  // about

 protected:
  static size_t moving_arguments(const KernelRequest& request) {
    size_t count = 0;
    for (int64_t i = 0; i < request.attributes.integer("arguments"); ++i) {
      count += is_floating(request.inputs[static_cast<size_t>(2 + i)].dtype) ? 1 : 0;
    }
    return count;
  }
  static int64_t count_after_first(const Shape& shape) {
    int64_t count = 1;
    for (int axis = 1; axis < shape.rank(); ++axis) count *= shape[axis];
    return count;
  }

  size_t cotangent_input() const { return 2 + arguments_; }
  size_t captured_result() const { return 2 + argument_columns_.size(); }  // of the pullback
  int64_t values() const { return tile_rows_ * columns_; }

  // What a tile has of the captured values' gradients.
  double* captured_gradient(const KernelArguments& arguments, size_t which, int64_t tile) const {
    return static_cast<double*>(arguments.outputs[1 + argument_columns_.size() + which]) +
           tile * captured_counts_[which];
  }
  void clear_captured(const KernelArguments& arguments, int64_t tile) const {
    for (size_t k = 0; k < captured_counts_.size(); ++k) {
      std::fill_n(captured_gradient(arguments, k, tile), captured_counts_[k], 0.0);
    }
  }
  void add_captured(const KernelArguments& arguments, const Routine::Call& pullback,
                    int64_t tile) const {
    for (size_t k = 0; k < captured_counts_.size(); ++k) {
      const auto* from = static_cast<const double*>(pullback.output(captured_result() + k));
      double* to = captured_gradient(arguments, k, tile);
      for (int64_t i = 0; i < captured_counts_[k]; ++i) to[i] += from[i];
    }
  }

  // The cotangent of y at the end, zero for the rows that fill up the tile.
  void copy_cotangent(const KernelArguments& arguments, const OdeTile& rows, size_t operand,
                      double* to) const {
    const auto* from = static_cast<const double*>(arguments.inputs[operand]);
    std::copy_n(from + rows.first * columns_, rows.rows * columns_, to);
    std::fill(to + rows.rows * columns_, to + values(), 0.0);
  }

  Routine pullback_;
  std::vector<int64_t> argument_columns_;
  std::vector<int64_t> captured_counts_;
  int64_t all_argument_columns_ = 0;
};

// The derivative of the steps that were taken: they are taken again and kept, and gone through from
// the last to the first.
class DiscreteOdeGradientKernel final : public OdeGradientKernel {
 public:
  DiscreteOdeGradientKernel(const KernelRequest& request, const CompileOptions& options)
      : OdeGradientKernel(request, options),
        cotangent_(request.inputs.size() - 1),
        place_(request.attributes.integers("place")),
        field_(*request.attributes.graph("body"), as_they_are(options),
               std::vector<bool>(place_.size(), false)) {}

  size_t scratch_bytes() const override {
    return padded_bytes(place_.size() * sizeof(void*)) + field_.memory_bytes() +
           pullback_.memory_bytes() + bytes_of_doubles(doubles());
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    std::byte* memory = arguments.scratch;
    auto* captured = reinterpret_cast<const void**>(memory);
    for (size_t k = 0; k < place_.size(); ++k) {
      captured[k] = arguments.inputs[first_captured() + static_cast<size_t>(place_[k])];
    }
    memory += padded_bytes(place_.size() * sizeof(void*));
    const Routine::Call field = field_.call(memory, captured);
    memory += field_.memory_bytes();
    const Routine::Call pullback = pullback_.call(memory, arguments.inputs + first_captured());
    memory += pullback_.memory_bytes();
    OdeStepper stepper(problem_, tile_rows_, columns_);
    Memory own = laid_out(reinterpret_cast<double*>(memory), stepper);
    FieldSlopes slopes(field, tile_rows_, columns_);
    for (int64_t number = first; number < last; ++number) {
      const OdeTile rows = tile(number);
      copy_arguments(arguments, rows, field);
      copy_arguments(arguments, rows, pullback);
      rows.copy(arguments.inputs[0], static_cast<size_t>(columns_) * sizeof(double), stepper.y());
      Recorder recorder(own, tile_rows_, columns_);
      stepper.solve(slopes, &recorder);
      copy_cotangent(arguments, rows, cotangent_, own.cotangent);
      for (int64_t row = 0; row < rows.rows; ++row) {
        if (stepper.tried()[row] > 0) continue;
        std::fill_n(own.cotangent + row * columns_, columns_,
                    std::numeric_limits<double>::quiet_NaN());
      }
      clear_captured(arguments, number);
      std::fill_n(own.arguments, tile_rows_ * all_argument_columns_, 0.0);
      for (int64_t step = recorder.most() - 1; step >= 0; --step) {
        load(own, step);
        stepper.retake(own.times, own.steps, own.y, slopes);
        pull_back(arguments, stepper, own, pullback, number);
      }
      std::copy_n(own.cotangent, rows.rows * columns_,
                  static_cast<double*>(arguments.outputs[0]) + rows.first * columns_);
      write_arguments(arguments, rows, own.arguments);
    }
  }

 private:
  struct Memory {
    double* recorded_y;      // (steps, rows, columns)
    double* recorded_times;  // (steps, rows)
    double* recorded_steps;
    double* counts;     // (rows): how many of them
    double* cotangent;  // (rows, columns): of y at the step that is gone through
    double* stages;     // (stages, rows, columns): of the stages' states
    double* y;          // of one step
    double* times;
    double* steps;
    double* stage_times;
    double* arguments;  // gradients so far, one argument after another, (rows, columns) each
  };

  size_t doubles() const {
    const int64_t kept = problem_.steps * (values() + 2 * tile_rows_);
    const int64_t working = (2 + problem_.tableau->stages) * values() + 4 * tile_rows_;
    return OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, columns_) +
           static_cast<size_t>(kept + working + tile_rows_ * all_argument_columns_);
  }

  Memory laid_out(double* memory, OdeStepper& stepper) const {
    const auto next = [&memory](int64_t count) {
      double* const here = memory;
      memory += count;
      return here;
    };
    stepper.use(next(
        static_cast<int64_t>(OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, columns_))));
    Memory own{};
    own.recorded_y = next(problem_.steps * values());
    own.recorded_times = next(problem_.steps * tile_rows_);
    own.recorded_steps = next(problem_.steps * tile_rows_);
    own.counts = next(tile_rows_);
    own.cotangent = next(values());
    own.stages = next(problem_.tableau->stages * values());
    own.y = next(values());
    for (double** each : {&own.times, &own.steps, &own.stage_times}) *each = next(tile_rows_);
    own.arguments = next(tile_rows_ * all_argument_columns_);
    return own;
  }

  // Keeps the steps that each row took, one after another.
  class Recorder final : public OdeStepper::Observer {
   public:
    Recorder(Memory& memory, int64_t rows, int64_t columns)
        : memory_(memory), rows_(rows), columns_(columns) {
      std::fill_n(memory_.counts, rows, 0.0);
    }
    int64_t most() const {
      return rows_ == 0
                 ? 0
                 : static_cast<int64_t>(*std::max_element(memory_.counts, memory_.counts + rows_));
    }
    void step(const OdeStepper& stepper) override {
      for (int64_t row = 0; row < rows_; ++row) {
        if (stepper.steps()[row] == 0) continue;
        const int64_t place = static_cast<int64_t>(memory_.counts[row]) * rows_ + row;
        memory_.counts[row] += 1;
        memory_.recorded_times[place] = stepper.times()[row];
        memory_.recorded_steps[place] = stepper.steps()[row];
        std::copy_n(stepper.y() + row * columns_, columns_, memory_.recorded_y + place * columns_);
      }
    }

   private:
    Memory& memory_;
    int64_t rows_;
    int64_t columns_;
  };

  // The step of this number of each row; where a row took fewer, its first with nothing moved.
  void load(Memory& own, int64_t step) const {
    for (int64_t row = 0; row < tile_rows_; ++row) {
      const bool taken = step < static_cast<int64_t>(own.counts[row]);
      const int64_t place = (taken ? step : 0) * tile_rows_ + row;
      own.times[row] = own.recorded_times[place];
      own.steps[row] = taken ? own.recorded_steps[place] : 0.0;
      std::copy_n(own.recorded_y + place * columns_, columns_, own.y + row * columns_);
    }
  }

  // Through the stages of a step from the last to the first.
  void pull_back(const KernelArguments& arguments, const OdeStepper& stepper, Memory& own,
                 const Routine::Call& pullback, int64_t tile) const {
    const Tableau& tableau = *problem_.tableau;
    bool used[kMostStages] = {};
    auto* cotangent = static_cast<double*>(pullback.input(cotangent_input()));
    for (int stage = tableau.stages - 1; stage >= 0; --stage) {
      used[stage] = tableau.b[stage] != 0;
      for (int later = stage + 1; later < tableau.stages; ++later) {
        used[stage] = used[stage] || (used[later] && tableau.a[later][stage] != 0);
      }
      if (!used[stage]) continue;
      for (int64_t row = 0; row < tile_rows_; ++row) {
        for (int64_t i = row * columns_; i < (row + 1) * columns_; ++i) {
          double sum = tableau.b[stage] * own.cotangent[i];
          for (int later = stage + 1; later < tableau.stages; ++later) {
            if (!used[later]) continue;
            sum += tableau.a[later][stage] * own.stages[later * values() + i];
          }
          cotangent[i] = own.steps[row] * sum;
        }
      }
      stepper.stage_times(stage, own.steps, own.stage_times);
      std::copy_n(own.stage_times, tile_rows_, static_cast<double*>(pullback.input(0)));
      stepper.stage_state(stage, own.steps, static_cast<double*>(pullback.input(1)));
      pullback.run();
      std::copy_n(static_cast<const double*>(pullback.output(1)), values(),
                  own.stages + stage * values());
      add_captured(arguments, pullback, tile);
      add_arguments(own, pullback);
    }
    for (int stage = 0; stage < tableau.stages; ++stage) {
      if (!used[stage]) continue;
      for (int64_t i = 0; i < values(); ++i) own.cotangent[i] += own.stages[stage * values() + i];
    }
  }

  void add_arguments(Memory& own, const Routine::Call& pullback) const {
    double* to = own.arguments;
    for (size_t k = 0; k < argument_columns_.size(); ++k) {
      const auto* from = static_cast<const double*>(pullback.output(2 + k));
      const int64_t count = tile_rows_ * argument_columns_[k];
      for (int64_t i = 0; i < count; ++i) to[i] += from[i];
      to += count;
    }
  }

  void write_arguments(const KernelArguments& arguments, const OdeTile& rows,
                       const double* from) const {
    for (size_t k = 0; k < argument_columns_.size(); ++k) {
      std::copy_n(
          from, rows.rows * argument_columns_[k],
          static_cast<double*>(arguments.outputs[1 + k]) + rows.first * argument_columns_[k]);
      from += tile_rows_ * argument_columns_[k];
    }
  }

  size_t cotangent_;
  std::vector<int64_t> place_;
  Routine field_;
};

// The equations of the gradient, solved from the end to the beginning: of y, of its cotangent, and
// of the arguments' gradients. Those of what is captured are integrals, by the weights of the
// steps.
class AdjointOdeGradientKernel final : public OdeGradientKernel {
 public:
  AdjointOdeGradientKernel(const KernelRequest& request, const CompileOptions& options)
      : OdeGradientKernel(request, options),
        cotangent_(request.inputs.size() - 1),
        backwards_(problem_),
        all_columns_(2 * columns_ + all_argument_columns_) {
    std::swap(backwards_.from, backwards_.to);
  }

  size_t scratch_bytes() const override {
    return pullback_.memory_bytes() + bytes_of_doubles(doubles());
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const Routine::Call pullback =
        pullback_.call(arguments.scratch, arguments.inputs + first_captured());
    auto* memory = reinterpret_cast<double*>(arguments.scratch + pullback_.memory_bytes());
    OdeStepper stepper(backwards_, tile_rows_, all_columns_);
    stepper.use(memory);
    double* const cotangent =
        memory + OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, all_columns_);
    double* const state = cotangent + values();
    double* const times = state + tile_rows_ * all_columns_;
    for (int64_t number = first; number < last; ++number) {
      const OdeTile rows = tile(number);
      copy_arguments(arguments, rows, pullback);
      copy_cotangent(arguments, rows, cotangent_, cotangent);
      const auto* end = static_cast<const double*>(arguments.inputs[1]);
      for (int64_t row = 0; row < tile_rows_; ++row) {
        const int64_t real = rows.first + std::min(row, rows.rows - 1);
        double* to = stepper.y() + row * all_columns_;
        to = std::copy_n(end + real * columns_, columns_, to);
        to = std::copy_n(cotangent + row * columns_, columns_, to);
        std::fill_n(to, all_argument_columns_, 0.0);
      }
      clear_captured(arguments, number);
      Slopes slopes(*this, pullback);
      Quadrature quadrature(*this, arguments, pullback, number, state, times);
      stepper.solve(slopes, &quadrature);
      write(arguments, rows, stepper.y());
    }
  }

 private:
  size_t doubles() const {
    return OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, all_columns_) +
           static_cast<size_t>(values() + tile_rows_ * all_columns_ + tile_rows_);
  }

  // Runs the pullback with the cotangents of the rows times their factors.
  void run_pullback(const Routine::Call& pullback, const double* times, const double* state,
                    const double* factors, double weight) const {
    std::copy_n(times, tile_rows_, static_cast<double*>(pullback.input(0)));
    auto* y = static_cast<double*>(pullback.input(1));
    auto* cotangent = static_cast<double*>(pullback.input(cotangent_input()));
    for (int64_t row = 0; row < tile_rows_; ++row) {
      const double factor = factors == nullptr ? weight : weight * factors[row];
      const double* from = state + row * all_columns_;
      for (int64_t i = 0; i < columns_; ++i) *y++ = from[i];
      for (int64_t i = 0; i < columns_; ++i) *cotangent++ = factor * from[columns_ + i];
    }
    pullback.run();
  }

  class Slopes final : public OdeStepper::Slopes {
   public:
    Slopes(const AdjointOdeGradientKernel& kernel, const Routine::Call& pullback)
        : kernel_(kernel), pullback_(pullback) {}
    void at(const double* times, const double* state, double* slopes) override {
      kernel_.run_pullback(pullback_, times, state, nullptr, -1);
      const int64_t columns = kernel_.columns_;
      for (int64_t row = 0; row < kernel_.tile_rows_; ++row) {
        for (size_t result = 0; result < 2 + kernel_.argument_columns_.size(); ++result) {
          const int64_t count = result < 2 ? columns : kernel_.argument_columns_[result - 2];
          const auto* from = static_cast<const double*>(pullback_.output(result)) + row * count;
          slopes = std::copy_n(from, count, slopes);
        }
      }
    }

   private:
    const AdjointOdeGradientKernel& kernel_;
    const Routine::Call& pullback_;
  };

  class Quadrature final : public OdeStepper::Observer {
   public:
    Quadrature(const AdjointOdeGradientKernel& kernel, const KernelArguments& arguments,
               const Routine::Call& pullback, int64_t tile, double* state, double* times)
        : kernel_(kernel),
          arguments_(arguments),
          pullback_(pullback),
          tile_(tile),
          state_(state),
          times_(times) {}
    void step(const OdeStepper& stepper) override {
      if (kernel_.captured_counts_.empty()) return;
      const Tableau& tableau = *kernel_.problem_.tableau;
      for (int stage = 0; stage < tableau.stages; ++stage) {
        if (tableau.b[stage] == 0) continue;
        stepper.stage_state(stage, stepper.steps(), state_);
        stepper.stage_times(stage, stepper.steps(), times_);
        kernel_.run_pullback(pullback_, times_, state_, stepper.steps(), -tableau.b[stage]);
        kernel_.add_captured(arguments_, pullback_, tile_);
      }
    }

   private:
    const AdjointOdeGradientKernel& kernel_;
    const KernelArguments& arguments_;
    const Routine::Call& pullback_;
    int64_t tile_;
    double* state_;
    double* times_;
  };

  void write(const KernelArguments& arguments, const OdeTile& rows, const double* state) const {
    for (int64_t row = 0; row < rows.rows; ++row) {
      const double* from = state + row * all_columns_ + columns_;
      std::copy_n(from, columns_,
                  static_cast<double*>(arguments.outputs[0]) + (rows.first + row) * columns_);
      from += columns_;
      for (size_t k = 0; k < argument_columns_.size(); ++k) {
        const int64_t count = argument_columns_[k];
        std::copy_n(from, count,
                    static_cast<double*>(arguments.outputs[1 + k]) + (rows.first + row) * count);
        from += count;
      }
    }
  }

  size_t cotangent_;
  OdeProblem backwards_;
  int64_t all_columns_;
};

}  // namespace

std::unique_ptr<Kernel> make_ode_gradient_kernel(const KernelRequest& request,
                                                 const CompileOptions& options) {
  if (request.attributes.string("gradient") == "adjoint") {
    return std::make_unique<AdjointOdeGradientKernel>(request, options);
  }
  return std::make_unique<DiscreteOdeGradientKernel>(request, options);
}

}  // namespace castalia
