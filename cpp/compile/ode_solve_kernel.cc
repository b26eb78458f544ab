#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cpp/autodiff/ode_solve.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/ode_kernel.h"
#include "cpp/compile/ode_kernels.h"
#include "cpp/runtime/device.h"

namespace castalia {
namespace {

std::vector<bool> fixed_from(const KernelRequest& request, size_t first, size_t count) {
  std::vector<bool> fixed(count, false);
  for (size_t i = 0; i < count && first + i < request.fixed.size(); ++i) {
    fixed[i] = request.fixed[first + i];
  }
  return fixed;
}

class OdeSolveKernel final : public OdeKernel {
 public:
  OdeSolveKernel(const KernelRequest& request, const CompileOptions& options)
      : OdeKernel(request, options, 1),
        field_(*request.attributes.graph("body"), options,
               fixed_from(request, first_captured(), request.inputs.size() - first_captured())) {}

  size_t scratch_bytes() const override {
    return bytes_of_doubles(OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, columns_)) +
           field_.memory_bytes();
  }
  double flops() const override { return field_.flops() * evaluations(); }

  std::string prepared_form(int input) const override {
    const Preparation* found = preparation(input);
    if (found == nullptr) return {};
    // Without the name that the operand has inside.
    const std::string form = found->form.substr(found->form.find(": ") + 2);
    return found->source.offset == 0 ? form : text(form, " at ", found->source.offset);
  }
  size_t prepared_bytes(int input) const override { return preparation(input)->bytes; }
  void prepare(int input, const void* operand, std::byte* prepared) const override {
    const Preparation& found = *preparation(input);
    found.kernel->prepare(found.input, static_cast<const std::byte*>(operand) + found.source.offset,
                          prepared);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const size_t stepper_bytes =
        bytes_of_doubles(OdeStepper::memory_doubles(*problem_.tableau, tile_rows_, columns_));
    OdeStepper stepper(problem_, tile_rows_, columns_);
    stepper.use(reinterpret_cast<double*>(arguments.scratch));
    const Routine::Call field =
        field_.call(arguments.scratch + stepper_bytes, arguments.inputs + first_captured());
    FieldSlopes slopes(field, tile_rows_, columns_);
    for (int64_t number = first; number < last; ++number) {
      const OdeTile rows = tile(number);
      copy_arguments(arguments, rows, field);
      rows.copy(arguments.inputs[0], static_cast<size_t>(columns_) * sizeof(double), stepper.y());
      stepper.solve(slopes, nullptr);
      std::copy_n(stepper.y(), rows.rows * columns_,
                  static_cast<double*>(arguments.outputs[0]) + rows.first * columns_);
      std::copy_n(stepper.tried(), rows.rows,
                  static_cast<double*>(arguments.outputs[1]) + rows.first);
    }
  }

 private:
  const Preparation* preparation(int input) const {
    const auto operand = static_cast<size_t>(input);
    return operand < first_captured() ? nullptr : field_.preparation(operand - first_captured());
  }

  Routine field_;
};

}  // namespace

bool is_ode(const Node& node) {
  return node.op == &ode_solve_operator() || node.op == &ode_gradient_operator();
}

std::unique_ptr<Kernel> make_ode_kernel(const Node& node, const KernelRequest& request,
                                        const CompileOptions& options) {
  const bool solution = node.op == &ode_solve_operator();
  if (options.device == nullptr) {
    return solution ? make_ode_solve_kernel(request, options)
                    : make_ode_gradient_kernel(request, options);
  }
  if (!solution) {
    fail(Code::unsupported, "the gradient of a solution by ", request.attributes.string("method"),
         " is computed on the CPU only, not on ", options.device->name(),
         ": train there, or with a method of fixed steps such as rk4");
  }
  return make_device_ode_solve_kernel(request, options);
}

std::unique_ptr<Kernel> make_ode_solve_kernel(const KernelRequest& request,
                                              const CompileOptions& options) {
  return std::make_unique<OdeSolveKernel>(request, options);
}

}  // namespace castalia
