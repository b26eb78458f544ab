// Solutions whose steps depend on the data, on a device: the host chooses the steps, the device
// computes the slopes of all rows.
#include <memory>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/compile/device_routine.h"
#include "cpp/compile/ode_kernel.h"
#include "cpp/runtime/device.h"

namespace castalia {
namespace {

size_t bytes_of(int64_t doubles) { return static_cast<size_t>(doubles) * sizeof(double); }

class DeviceSlopes final : public OdeStepper::Slopes {
 public:
  DeviceSlopes(DeviceRoutine::Call& field, Queue& queue, int64_t rows, int64_t columns)
      : field_(field),
        queue_(queue),
        time_bytes_(bytes_of(rows)),
        y_bytes_(bytes_of(rows * columns)) {}
  void at(const double* times, const double* y, double* slopes) override {
    queue_.upload(field_.input(0), times, time_bytes_);
    queue_.upload(field_.input(1), y, y_bytes_);
    field_.run();
    queue_.download(slopes, field_.output(0), y_bytes_);
    queue_.wait();
  }

 private:
  DeviceRoutine::Call& field_;
  Queue& queue_;
  size_t time_bytes_;
  size_t y_bytes_;
};

class DeviceOdeSolveKernel final : public OdeKernel {
 public:
  DeviceOdeSolveKernel(const KernelRequest& request, const CompileOptions& options)
      : OdeKernel(request, options, 1), field_(*request.attributes.graph("body"), options) {
    check(tiles() <= 1, "a differential equation of ", rows_, " rows was traced for tiles of ",
          tile_rows_, ", which a device does not take");
  }

  size_t scratch_bytes() const override { return field_.memory_bytes(); }
  bool waits() const override { return true; }
  double flops() const override { return field_.flops() * evaluations(); }

  // What it allocates on the host is little beside the way to the device and back for each slope.
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    if (rows_ == 0) return;
    Queue& queue = *arguments.queue;
    DeviceRoutine::Call field(field_, arguments.scratch, arguments.inputs + first_captured(),
                              queue);
    for (size_t i = 0; i < arguments_; ++i) {
      queue.copy(field.input(2 + i), arguments.inputs[first_argument_ + i],
                 argument_bytes_[i] * static_cast<size_t>(rows_));
    }
    std::vector<double> memory(OdeStepper::memory_doubles(*problem_.tableau, rows_, columns_));
    OdeStepper stepper(problem_, rows_, columns_);
    stepper.use(memory.data());
    queue.download(stepper.y(), arguments.inputs[0], bytes_of(rows_ * columns_));
    queue.wait();
    DeviceSlopes slopes(field, queue, rows_, columns_);
    stepper.solve(slopes, nullptr);
    queue.upload(arguments.outputs[0], stepper.y(), bytes_of(rows_ * columns_));
    queue.upload(arguments.outputs[1], stepper.tried(), bytes_of(rows_));
    queue.wait();
  }

 private:
  DeviceRoutine field_;
};

}  // namespace

std::unique_ptr<Kernel> make_device_ode_solve_kernel(const KernelRequest& request,
                                                     const CompileOptions& options) {
  return std::make_unique<DeviceOdeSolveKernel>(request, options);
}

}  // namespace castalia
