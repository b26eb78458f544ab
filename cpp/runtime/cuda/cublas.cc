// Matrix products by cuBLASLt.
#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/runtime/cuda/check.h"
#include "cpp/runtime/cuda/joined_steps.h"
#include "cpp/runtime/cuda/libraries.h"
#include "cpp/runtime/cuda/library_product.h"

namespace castalia::cuda {
namespace {

// Memory that an algorithm may ask for: what the vendor advises on Hopper.
constexpr size_t kWorkspaceBytes = size_t{32} << 20;

void check_cublas(cublasStatus_t status, const char* tried) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  if (status == CUBLAS_STATUS_ALLOC_FAILED) {
    check_cuda(cudaErrorMemoryAllocation, "computing operator 'matmul' by cuBLAS");
  }
  fail(Code::internal, "cuBLAS, ", tried, ", operator 'matmul': ", cublasLtGetStatusString(status));
}

// One a device; any thread. Never destroyed: CUDA may be gone by then.
cublasLtHandle_t handle() {
  static auto& mutex = *new std::mutex;
  static auto& handles = *new std::map<int, cublasLtHandle_t>;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "asking for the device");
  const std::lock_guard lock(mutex);
  cublasLtHandle_t& handle = handles[device];
  if (handle == nullptr) check_cublas(cublasLtCreate(&handle), "starting");
  return handle;
}

template <auto Destroy>
struct Destroyer {
  template <typename T>
  void operator()(T* each) const {
    Destroy(each);
  }
};
using Layout = std::unique_ptr<std::remove_pointer_t<cublasLtMatrixLayout_t>,
                               Destroyer<cublasLtMatrixLayoutDestroy>>;
using Description = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulDesc_t>,
                                    Destroyer<cublasLtMatmulDescDestroy>>;
using Preference = std::unique_ptr<std::remove_pointer_t<cublasLtMatmulPreference_t>,
                                   Destroyer<cublasLtMatmulPreferenceDestroy>>;

cublasComputeType_t compute_type(LibraryArithmetic arithmetic) {
  switch (arithmetic) {
    case LibraryArithmetic::float64: return CUBLAS_COMPUTE_64F;
    case LibraryArithmetic::float32: break;
    case LibraryArithmetic::tf32: return CUBLAS_COMPUTE_32F_FAST_TF32;
    case LibraryArithmetic::bfloat16: return CUBLAS_COMPUTE_32F_FAST_16BF;
  }
  return CUBLAS_COMPUTE_32F;
}

// Nothing after a product.
FusedProgram product_alone(const LibraryProduct& product) {
  FusedProgram program;
  program.shape = {product.products * product.m, product.n};
  program.inputs.push_back({product.dtype, {product.n, 1}});
  program.outputs = {0};
  return program;
}

class MatmulKernel final : public JoinableKernel {
 public:
  // What follows the product, of which the library does the bias and the ReLU.
  MatmulKernel(const LibraryProduct& product, const FusedProgram& program, bool has_bias,
               bool has_relu)
      : product_(product), has_bias_(has_bias), joinable_(joinable_product(product, program)) {
    const bool is_double = product.dtype == DType::float64;
    const cudaDataType_t type = is_double ? CUDA_R_64F : CUDA_R_32F;
    cublasLtMatmulDesc_t description = nullptr;
    check_cublas(cublasLtMatmulDescCreate(&description, compute_type(product.arithmetic), type),
                 "describing");
    description_.reset(description);
    // Row-major C = A B is column-major C' = B' A': the operands change places.
    set(CUBLASLT_MATMUL_DESC_TRANSA, product.b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, product.a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
    if (has_bias || has_relu) {
      set(CUBLASLT_MATMUL_DESC_EPILOGUE, !has_relu  ? CUBLASLT_EPILOGUE_BIAS
                                         : has_bias ? CUBLASLT_EPILOGUE_RELU_BIAS
                                                    : CUBLASLT_EPILOGUE_RELU);
    }
    b_ = layout(type, product.b);
    a_ = layout(type, product.a);
    out_ = layout(type,
                  {product.m, product.n, false, product.products == 1 ? 0 : product.m * product.n});
  }

  const JoinableStep* joinable() const override { return joinable_ ? &*joinable_ : nullptr; }
  size_t scratch_bytes() const override { return kWorkspaceBytes; }
  double flops() const override {
    return 2.0 * static_cast<double>(product_.m) * static_cast<double>(product_.n) *
           static_cast<double>(product_.k) * static_cast<double>(product_.products);
  }

  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    const double one = 1, zero = 0;
    const float one_float = 1, zero_float = 0;
    const bool is_double = product_.dtype == DType::float64;
    const void* alpha = is_double ? static_cast<const void*>(&one) : &one_float;
    const void* beta = is_double ? static_cast<const void*>(&zero) : &zero_float;
    const void* const a = arguments.inputs[0];
    const void* const b = arguments.inputs[1];
    void* const out = arguments.outputs[0];
    const std::lock_guard lock(mutex_);
    if (has_bias_) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, arguments.inputs[2]);
    const cublasLtMatmulAlgo_t& algorithm = algorithm_for(a, b, out);
    check_cublas(cublasLtMatmul(handle(), description_.get(), alpha, b, b_.get(), a, a_.get(), beta,
                                out, out_.get(), out, out_.get(), &algorithm, arguments.scratch,
                                kWorkspaceBytes, static_cast<cudaStream_t>(arguments.stream)),
                 "starting");
  }

 private:
  template <typename T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) const {
    check_cublas(
        cublasLtMatmulDescSetAttribute(description_.get(), attribute, &value, sizeof value),
        "describing");
  }

  Layout layout(cudaDataType_t type, const LibraryOperand& operand) const {
    cublasLtMatrixLayout_t made = nullptr;
    check_cublas(cublasLtMatrixLayoutCreate(&made, type, static_cast<uint64_t>(operand.columns),
                                            static_cast<uint64_t>(operand.rows), operand.columns),
                 "describing");
    Layout layout(made);
    const auto put = [&](cublasLtMatrixLayoutAttribute_t attribute, const auto& value) {
      check_cublas(cublasLtMatrixLayoutSetAttribute(made, attribute, &value, sizeof value),
                   "describing");
    };
    if (product_.products > 1) {
      put(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, static_cast<int32_t>(product_.products));
      put(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, operand.stride);
    }
    return layout;
  }

  // The largest power of two that divides an address, up to what the library asks about.
  static uint32_t alignment(const void* address) {
    const auto bits = reinterpret_cast<uintptr_t>(address);
    return bits == 0 ? 256u
                     : std::min(256u, 1u << std::countr_zero(static_cast<uint64_t>(bits) | 256));
  }

  // Operands may start on any element (a slice of the flat parameters), and which algorithms can be
  // used depends on that; so the choice is made when they are first seen.
  const cublasLtMatmulAlgo_t& algorithm_for(const void* a, const void* b, const void* out) const {
    const std::array<uint32_t, 3> alignments = {alignment(b), alignment(a), alignment(out)};
    const auto [found, is_new] = algorithms_.try_emplace(alignments);
    if (!is_new) return found->second;
    cublasLtMatmulPreference_t made = nullptr;
    check_cublas(cublasLtMatmulPreferenceCreate(&made), "describing");
    const Preference preference(made);
    const auto put = [&](cublasLtMatmulPreferenceAttributes_t attribute, const auto& value) {
      check_cublas(cublasLtMatmulPreferenceSetAttribute(made, attribute, &value, sizeof value),
                   "describing");
    };
    put(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
    put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignments[0]);
    put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignments[1]);
    put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignments[2]);
    put(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignments[2]);
    cublasLtMatmulHeuristicResult_t result{};
    int count = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle(), description_.get(), b_.get(), a_.get(), out_.get(),
                                       out_.get(), made, 1, &result, &count);
    if (status != CUBLAS_STATUS_SUCCESS || count == 0) {
      algorithms_.erase(found);
      check_cublas(status, "choosing an algorithm");
      fail(Code::internal, "cuBLAS has no algorithm for a product of ", product_.m, " x ",
           product_.k, " and ", product_.k, " x ", product_.n);
    }
    found->second = result.algo;
    return found->second;
  }

  const LibraryProduct product_;
  const bool has_bias_;
  const std::optional<JoinableStep> joinable_;
  Description description_;
  Layout a_, b_, out_;
  mutable std::mutex mutex_;
  mutable std::map<std::array<uint32_t, 3>, cublasLtMatmulAlgo_t> algorithms_;
};

// A kernel and what follows it, element by element of its result.
class FollowedKernel final : public JoinableKernel {
 public:
  FollowedKernel(std::unique_ptr<Kernel> first, size_t inputs, std::unique_ptr<Kernel> then,
                 const FusedProgram& program, size_t place, std::optional<JoinableStep> joinable)
      : first_(std::move(first)),
        inputs_(inputs),
        then_(std::move(then)),
        further_(program.inputs.size() - 1),
        place_(place),
        joinable_(std::move(joinable)) {}

  const JoinableStep* joinable() const override { return joinable_ ? &*joinable_ : nullptr; }
  size_t scratch_bytes() const override { return first_->scratch_bytes(); }
  double flops() const override { return first_->flops() + then_->flops(); }
  void run(const KernelArguments& arguments, int64_t, int64_t) const override {
    first_->run({arguments.inputs, arguments.outputs + place_, arguments.scratch, arguments.stream},
                0, 1);
    std::array<const void*, 256> inputs;
    inputs[0] = arguments.outputs[place_];
    std::copy_n(arguments.inputs + inputs_, further_, inputs.begin() + 1);
    then_->run({inputs.data(), arguments.outputs, arguments.scratch, arguments.stream}, 0, 1);
  }

 private:
  std::unique_ptr<Kernel> first_;
  size_t inputs_;
  std::unique_ptr<Kernel> then_;
  size_t further_;
  size_t place_;  // the output in which the result is made first
  std::optional<JoinableStep> joinable_;
};

}  // namespace

std::unique_ptr<Kernel> make_matmul(const KernelRequest& request, std::string* refusal) {
  const std::optional<LibraryProduct> product = library_product(request, refusal);
  if (!product) return nullptr;
  return std::make_unique<MatmulKernel>(*product, product_alone(*product), false, false);
}

std::unique_ptr<Kernel> make_matmul_with_epilogue(const KernelRequest& request,
                                                  const FusedProgram& program,
                                                  const Device& device) {
  std::string refusal;
  const std::optional<LibraryProduct> product = library_product(request, &refusal);
  check(product.has_value(), "a product that was taken is refused with an epilogue");
  if (const std::optional<LibraryEpilogue> epilogue = library_epilogue(program, *product)) {
    return std::make_unique<MatmulKernel>(*product, program, epilogue->bias, epilogue->relu);
  }
  // The result is made where an output of its type will stand: its own element is read first.
  const DType dtype = request.outputs[0].dtype;
  size_t place = program.outputs.size();
  for (size_t i = program.outputs.size(); i-- > 0;) {
    const int value = program.outputs[i];
    const auto inputs = static_cast<int>(program.inputs.size());
    const auto constants = static_cast<int>(program.constants.size());
    DType type = dtype;
    if (value < inputs) {
      type = program.inputs[static_cast<size_t>(value)].dtype;
    } else if (value >= inputs + constants) {
      type = program.instructions[static_cast<size_t>(value - inputs - constants)].dtype;
    }
    if (type == dtype) place = i;
  }
  check(place < program.outputs.size(), "no output has the type of the product");
  return std::make_unique<FollowedKernel>(
      std::make_unique<MatmulKernel>(*product, product_alone(*product), false, false),
      request.inputs.size(), device.make_fused_kernel(program), program, place,
      joinable_product(*product, program));
}

}  // namespace castalia::cuda
