// Runs one kernel in buffers as a Program gives them.
#ifndef CASTALIA_CPP_OPS_RUN_KERNEL_FOR_TEST_H_
#define CASTALIA_CPP_OPS_RUN_KERNEL_FOR_TEST_H_

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <vector>

#include "cpp/ops/reference_kernel.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// 64-byte aligned, padded, and filled with bytes that make a NaN: what a kernel forgets to write
// shows.
class TestBuffer {
 public:
  explicit TestBuffer(size_t bytes)
      : bytes_(bytes + kBufferPadding),
        data_(static_cast<std::byte*>(::operator new (bytes_, std::align_val_t{64}))) {
    std::memset(data_, 0xff, bytes_);
  }
  TestBuffer(TestBuffer&& other) : bytes_(other.bytes_), data_(other.data_) {
    other.data_ = nullptr;
  }
  TestBuffer& operator=(TestBuffer&&) = delete;
  ~TestBuffer() { ::operator delete (data_, std::align_val_t{64}); }

  std::byte* data() const { return data_; }

 private:
  size_t bytes_;
  std::byte* data_;
};

enum class TileOrder { together, one_by_one_backwards };

// The bytes of the outputs.
inline std::vector<std::vector<std::byte>> run_kernel(const Kernel& kernel,
                                                      std::span<const TensorType> input_types,
                                                      std::span<const Tensor> inputs,
                                                      std::span<const TensorType> output_types,
                                                      TileOrder order) {
  std::vector<TestBuffer> buffers;
  std::vector<const void*> in;
  std::vector<void*> out;
  for (size_t i = 0; i < inputs.size(); ++i) {
    buffers.emplace_back(input_types[i].bytes());
    write_tensor(inputs[i], input_types[i].dtype, buffers.back().data());
    in.push_back(buffers.back().data());
  }
  for (const TensorType& type : output_types) {
    buffers.emplace_back(type.bytes());
    out.push_back(buffers.back().data());
  }
  const TestBuffer scratch(kernel.scratch_bytes());
  const KernelArguments arguments{in.data(), out.data(), scratch.data()};
  if (order == TileOrder::together) {
    kernel.run(arguments, 0, kernel.tiles());
  } else {
    for (int64_t tile = kernel.tiles(); tile-- > 0;) kernel.run(arguments, tile, tile + 1);
  }
  std::vector<std::vector<std::byte>> results;
  for (size_t i = 0; i < output_types.size(); ++i) {
    const auto* data = static_cast<const std::byte*>(out[i]);
    results.emplace_back(data, data + output_types[i].bytes());
  }
  return results;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RUN_KERNEL_FOR_TEST_H_
