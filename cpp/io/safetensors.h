// Files of named tensors in the safetensors form (huggingface.co/docs/safetensors): the length of
// the header as a little-endian 64-bit number, the header as JSON, then the tensors' bytes.
//
// A file written here carries a checksum of everything in it, as the metadata entry
// "castalia.checksum"; other programs read the file as any other.
//
// Every function is reentrant. Files of any size are read and written, also beyond 4 GB.
#ifndef CASTALIA_CPP_IO_SAFETENSORS_H_
#define CASTALIA_CPP_IO_SAFETENSORS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/base/status.h"

namespace castalia {

using Metadata = std::map<std::string, std::string>;

// A tensor to write: dense, row-major, borrowed for the length of the call.
struct TensorToWrite {
  std::string name;
  DType dtype;
  Shape shape;
  const void* data;
};

// A tensor read, which owns its bytes. The bytes are aligned for every element type.
struct StoredTensor {
  std::string name;
  DType dtype;
  Shape shape;
  std::unique_ptr<std::byte[]> data;

  // Error: dtype_mismatch unless T is the stored type.
  template <typename T>
  std::span<const T> values() const {
    if (dtype_of<T>() != dtype) {
      fail(Code::dtype_mismatch, "tensor '", name, "' holds ", castalia::name(dtype), ", not ",
           castalia::name(dtype_of<T>()));
    }
    return {reinterpret_cast<const T*>(data.get()), static_cast<size_t>(shape.count())};
  }
};

struct SafetensorsFile {
  Metadata metadata;                  // without the checksum
  std::vector<StoredTensor> tensors;  // in the order of their bytes in the file

  // Null when there is no such tensor.
  const StoredTensor* find(std::string_view name) const;
  // Error: not_found, with the nearest name.
  const StoredTensor& at(std::string_view name) const;
};

// Replaces the file at path in one step; on failure an older file stays as it was.
// Errors: io_error (path and the system's words); invalid_argument for an empty or repeated name, a
// name kept by the format, or text that is not UTF-8.
void write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                       const Metadata& metadata = {});

enum class ChecksumRule {
  verify_if_present,  // files of other programs carry none
  required,           // for files that only Castalia writes
};

// Errors: io_error when the file cannot be read; corrupt_file when it is truncated, its header is
// not what the format asks for, its tensors do not cover the data exactly, or a byte has changed
// since it was written; dtype_mismatch and shape_mismatch for element types and ranks that Castalia
// has not. Nothing is allocated on the word of a header that the file's size does not bear out.
SafetensorsFile read_safetensors(const std::string& path,
                                 ChecksumRule rule = ChecksumRule::verify_if_present);

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_SAFETENSORS_H_
