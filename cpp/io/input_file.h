// A file read from front to back.
#ifndef CASTALIA_CPP_IO_INPUT_FILE_H_
#define CASTALIA_CPP_IO_INPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace castalia {

// Belongs to one thread at a time. Failures are io_error with the path and the system's words.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }  // bytes, when it was opened

  // Reads exactly this many bytes. Error: corrupt_file when the file has become shorter.
  void read(void* data, size_t bytes);

 private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_INPUT_FILE_H_
