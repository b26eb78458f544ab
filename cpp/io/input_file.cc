#include "cpp/io/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cpp/base/status.h"

namespace castalia {
namespace {

[[noreturn]] void refuse(const std::string& path, int error) {
  fail(Code::io_error, "cannot read '", path, "': ", std::generic_category().message(error));
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // Not blocking: opening a pipe must not wait for somebody to write into it.
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) refuse(path, errno);
  struct stat status {};
  int error = fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(status.st_mode)) error = EISDIR;
  if (error == 0 && !S_ISREG(status.st_mode)) error = EINVAL;
  if (error != 0) {
    close(descriptor_);
    refuse(path, error);
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() { close(descriptor_); }

void InputFile::read(void* data, size_t bytes) {
  char* next = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t count = ::read(descriptor_, next, bytes);
    if (count < 0) {
      if (errno == EINTR) continue;
      refuse(path_, errno);
    }
    if (count == 0) fail(Code::corrupt_file, "'", path_, "' became shorter while it was read");
    next += count;
    bytes -= static_cast<size_t>(count);
  }
}

}  // namespace castalia
