#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/movement_cuda.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> make_concat_of_some(const KernelRequest& request) {
  auto kernel = cuda::kernel_for("concat", request);
  cuda::add_row_copy(*kernel, concat_parts(request));
  return kernel;
}

// More operands than a kernel takes: some at a time are joined in scratch memory, then these.
class ConcatOfMany final : public Kernel {
 public:
  static constexpr size_t kMost = static_cast<size_t>(cuda::Operands::kMostInputs);

  explicit ConcatOfMany(const KernelRequest& request) {
    const auto axis = static_cast<int>(request.attributes.integer("axis"));
    std::vector<TensorType> joined;
    for (size_t first = 0; first < request.inputs.size(); first += kMost) {
      const auto some =
          request.inputs.subspan(first, std::min(kMost, request.inputs.size() - first));
      TensorType type = some[0];
      for (const TensorType& each : some.subspan(1)) type.shape[axis] += each.shape[axis];
      groups_.push_back(make_concat_of_some({request.attributes, some, {&type, 1}}));
      offsets_.push_back(bytes_);
      bytes_ += (type.bytes() + 255) / 256 * 256;
      joined.push_back(type);
    }
    last_ = make_concat_of_some({request.attributes, joined, request.outputs});
  }

  size_t scratch_bytes() const override { return bytes_; }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    const void* joined[kMost];
    for (size_t i = 0; i < groups_.size(); ++i) {
      void* out = arguments.scratch + offsets_[i];
      KernelArguments own = arguments;
      own.inputs += i * kMost;
      own.outputs = &out;
      groups_[i]->run(own, 0, 1);
      joined[i] = out;
    }
    KernelArguments own = arguments;
    own.inputs = joined;
    last_->run(own, 0, 1);
  }

 private:
  std::vector<std::unique_ptr<Kernel>> groups_;
  std::vector<size_t> offsets_;
  size_t bytes_ = 0;
  std::unique_ptr<Kernel> last_;
};

std::unique_ptr<Kernel> make_concat_on_device(const KernelRequest& request, std::string* refusal) {
  if (request.inputs.size() <= ConcatOfMany::kMost) return make_concat_of_some(request);
  if (request.inputs.size() > ConcatOfMany::kMost * ConcatOfMany::kMost) {
    *refusal = "too many operands";
    return nullptr;
  }
  return std::make_unique<ConcatOfMany>(request);
}

}  // namespace

void concat_cuda_kernels(KernelTable& table) {
  table.add("concat", {"cuda", make_concat_on_device});
}

}  // namespace castalia
