// Small steps of a Program that follow each other, gathered into one launch.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_JOINED_STEPS_H_
#define CASTALIA_CPP_RUNTIME_CUDA_JOINED_STEPS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cpp/base/anywhere.h"
#include "cpp/runtime/cuda/fused_source.h"
#include "cpp/runtime/cuda/joined_functions.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cuda {

// What a kernel is as a step among others.
class JoinableStep {
 public:
  // None for work that is better spread over the whole device: a launch then is the lesser cost.
  static std::optional<JoinableStep> make(const JoinedPart& part);
  static std::optional<JoinableStep> make(const JoinedConcat& part);

  const std::string& source() const { return source_; }
  size_t words() const { return words_; }
  size_t shared_bytes() const { return shared_bytes_; }
  // Its words (joined_part_source) for these operands.
  void write(const KernelArguments& arguments, unsigned long long* words) const;

 private:
  explicit JoinableStep(const JoinedPart& part);
  explicit JoinableStep(const JoinedConcat& part);

  std::string source_;
  size_t inputs_;
  std::vector<double> constants_;
  size_t outputs_ = 1;
  size_t words_;
  size_t shared_bytes_ = 0;
};

class JoinableKernel : public Kernel {
 public:
  virtual const JoinableStep* joinable() const = 0;  // null where it is not
};

// The steps that wait for the launch that they share.
class JoinedSteps {
 public:
  // Whether there was room. The arrays that the arguments point to must last until the launch.
  bool add(const JoinableKernel& kernel, const KernelArguments& arguments);
  bool empty() const { return steps_.empty(); }

  // What to launch; afterwards there are no steps.
  struct Launch {
    // A step alone, which is launched as ever.
    const JoinableKernel* alone = nullptr;
    KernelArguments arguments;
    // Else the different sources, in a fixed order, so that the same steps are compiled once; and
    // what to do with them.
    std::vector<std::string> parts;
    castalia_joined::Table table;
    size_t shared_bytes = 0;
  };
  Launch take();

 private:
  struct Pending {
    const JoinableKernel* kernel;
    KernelArguments arguments;
  };
  std::vector<Pending> steps_;
  size_t words_ = 0;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_JOINED_STEPS_H_
