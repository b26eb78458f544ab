// What the kernels of ode_solve() and of its gradient share.
#ifndef CASTALIA_CPP_COMPILE_ODE_KERNEL_H_
#define CASTALIA_CPP_COMPILE_ODE_KERNEL_H_

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "cpp/autodiff/ode_solve.h"
#include "cpp/compile/ode_stepper.h"
#include "cpp/compile/routine.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

inline size_t bytes_of_doubles(size_t count) { return padded_bytes(count * sizeof(double)); }

// The rows of a tile, of which the last repeat the last real one.
struct OdeTile {
  int64_t first;
  int64_t rows;
  int64_t padded;

  // From a tensor of row_bytes each.
  void copy(const void* from, size_t row_bytes, void* to) const {
    const auto* in = static_cast<const std::byte*>(from) + static_cast<size_t>(first) * row_bytes;
    auto* out = static_cast<std::byte*>(to);
    std::memcpy(out, in, static_cast<size_t>(rows) * row_bytes);
    for (int64_t row = rows; row < padded; ++row) {
      std::memcpy(out + static_cast<size_t>(row) * row_bytes,
                  in + static_cast<size_t>(rows - 1) * row_bytes, row_bytes);
    }
  }
};

// What both kernels have: an equation, and a field to evaluate in tiles of rows. Operands from
// `first_argument` on are the arguments, and then what the field captures.
class OdeKernel : public Kernel {
 public:
  OdeKernel(const KernelRequest& request, const CompileOptions& options, size_t first_argument)
      : problem_(request.attributes),
        rows_(request.inputs[0].shape[0]),
        columns_(request.inputs[0].shape[1]),
        tile_rows_(ode_tile_rows(request.attributes)),
        first_argument_(first_argument),
        arguments_(static_cast<size_t>(request.attributes.integer("arguments"))),
        options_(options) {
    for (size_t i = 0; i < arguments_; ++i) {
      const TensorType& type = request.inputs[first_argument_ + i];
      argument_bytes_.push_back(static_cast<size_t>(type.shape[1]) * size_of(type.dtype));
    }
  }

  int64_t tiles() const override { return (rows_ + tile_rows_ - 1) / tile_rows_; }

 protected:
  size_t first_captured() const { return first_argument_ + arguments_; }
  OdeTile tile(int64_t number) const {
    const int64_t first = number * tile_rows_;
    return {first, std::min(tile_rows_, rows_ - first), tile_rows_};
  }
  // Of the field: for a solver that chooses its steps, a guess.
  double evaluations() const {
    const int64_t steps =
        problem_.tableau->adaptive() ? std::min<int64_t>(problem_.steps, 20) : problem_.steps;
    return static_cast<double>(steps * problem_.tableau->stages * tiles());
  }

  // The inputs of a field after time and y.
  void copy_arguments(const KernelArguments& arguments, const OdeTile& tile,
                      const Routine::Call& field) const {
    for (size_t i = 0; i < arguments_; ++i) {
      tile.copy(arguments.inputs[first_argument_ + i], argument_bytes_[i], field.input(2 + i));
    }
  }

  // dy/dt by a field.
  class FieldSlopes final : public OdeStepper::Slopes {
   public:
    FieldSlopes(const Routine::Call& field, int64_t rows, int64_t columns)
        : field_(field),
          time_bytes_(static_cast<size_t>(rows) * sizeof(double)),
          y_bytes_(static_cast<size_t>(rows * columns) * sizeof(double)) {}
    void at(const double* times, const double* y, double* slopes) override {
      std::memcpy(field_.input(0), times, time_bytes_);
      std::memcpy(field_.input(1), y, y_bytes_);
      field_.run();
      std::memcpy(slopes, field_.output(0), y_bytes_);
    }

   private:
    const Routine::Call& field_;
    size_t time_bytes_;
    size_t y_bytes_;
  };

  const OdeProblem problem_;
  const int64_t rows_;
  const int64_t columns_;
  const int64_t tile_rows_;
  const size_t first_argument_;
  const size_t arguments_;
  const CompileOptions options_;
  std::vector<size_t> argument_bytes_;
};

std::unique_ptr<Kernel> make_ode_solve_kernel(const KernelRequest& request,
                                              const CompileOptions& options);
std::unique_ptr<Kernel> make_ode_gradient_kernel(const KernelRequest& request,
                                                 const CompileOptions& options);
// On a device, of a method that chooses its steps.
std::unique_ptr<Kernel> make_device_ode_solve_kernel(const KernelRequest& request,
                                                     const CompileOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ODE_KERNEL_H_
