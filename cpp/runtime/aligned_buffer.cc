#include "cpp/runtime/aligned_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/compile/program.h"

namespace castalia {

AlignedBuffer::AlignedBuffer(size_t bytes) : size_(bytes) {
  const size_t rounded =
      (std::max<size_t>(bytes, 1) + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(kBufferAlignment, rounded)));
  if (!data_) fail(Code::out_of_memory, "no memory for ", bytes, " bytes");
  std::memset(data_.get(), 0, rounded);
}

void AlignedBuffer::Free::operator()(std::byte* data) const { std::free(data); }

}  // namespace castalia
