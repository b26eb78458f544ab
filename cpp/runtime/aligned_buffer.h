// Memory of the host as Programs want it.
#ifndef CASTALIA_CPP_RUNTIME_ALIGNED_BUFFER_H_
#define CASTALIA_CPP_RUNTIME_ALIGNED_BUFFER_H_

#include <cstddef>
#include <memory>

namespace castalia {

// Bytes on a boundary of kBufferAlignment. An Error (out_of_memory) that states the size when the
// system has none.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(size_t bytes);  // zeros
  std::byte* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_ALIGNED_BUFFER_H_
