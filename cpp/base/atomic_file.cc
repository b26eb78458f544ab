#include "cpp/base/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr size_t kBufferBytes = 1 << 16;

std::string words(int error) { return std::generic_category().message(error); }

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The file that a path leads to, through any links. A link to nothing yet keeps its own name.
std::string resolve(const std::string& path) {
  char* resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string out = resolved;
  free(resolved);
  return out;
}

// Makes a finished rename outlast a power failure. Where a directory cannot be opened or cannot be
// synchronised (some network file systems) the rename itself has still succeeded.
void synchronise_directory(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path), target_(resolve(path)) {
  struct stat old {};
  const bool exists = stat(target_.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) give_up("write", EISDIR);
  direct_ = exists && !S_ISREG(old.st_mode);
  if (direct_) {
    temporary_ = target_;
    descriptor_ = open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor_ < 0) give_up("write", errno);
  } else {
    // A file that may not be written must not be replaced either.
    if (exists && access(target_.c_str(), W_OK) != 0) give_up("write", errno);
    create_temporary();
    if (exists) {
      // Best effort: on some file systems modes cannot be set.
      [[maybe_unused]] const int ignored = fchmod(descriptor_, old.st_mode & 07777);
    }
  }
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::create_temporary() {
  static std::atomic<unsigned> serial{0};
  const size_t slash = target_.rfind('/');
  const size_t start = slash == std::string::npos ? 0 : slash + 1;
  // The marks added to the name may not make it longer than a name can be.
  const std::string stem = target_.substr(start, NAME_MAX - 40);
  for (;;) {
    temporary_ = text(target_.substr(0, start), ".", stem, ".", getpid(), "-", serial++, ".part");
    // Not mkstemp: its files are private to the user, ours follow the umask.
    descriptor_ = open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ >= 0) return;
    if (errno != EEXIST) {
      const int error = errno;
      temporary_.clear();
      give_up("create", error);
    }
  }
}

void AtomicFile::write(const void* data, size_t bytes) {
  check(descriptor_ >= 0, "write to '", path_, "' after it was closed");
  const char* begin = static_cast<const char*>(data);
  if (buffer_.size() + bytes > kBufferBytes) flush();
  if (bytes >= kBufferBytes) {
    write_out(begin, bytes);
  } else {
    buffer_.insert(buffer_.end(), begin, begin + bytes);
  }
}

void AtomicFile::flush() {
  write_out(buffer_.data(), buffer_.size());
  buffer_.clear();
}

void AtomicFile::write_out(const char* data, size_t bytes) {
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor_, data, bytes);
    if (written < 0) {
      if (errno == EINTR) continue;
      give_up("write", errno);
    }
    data += written;
    bytes -= static_cast<size_t>(written);
  }
}

void AtomicFile::commit() {
  check(descriptor_ >= 0, "commit of '", path_, "' after it was closed");
  flush();
  // EINVAL: a file system or device that has nothing to synchronise.
  if (fsync(descriptor_) != 0 && errno != EINVAL) give_up("write", errno);
  const int descriptor = std::exchange(descriptor_, -1);
  if (close(descriptor) != 0) give_up("write", errno);
  if (direct_) return;
  if (rename(temporary_.c_str(), target_.c_str()) != 0) give_up("replace", errno);
  temporary_.clear();
  synchronise_directory(directory_of(target_));
}

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) close(std::exchange(descriptor_, -1));
  if (!direct_ && !temporary_.empty()) {
    unlink(temporary_.c_str());
    temporary_.clear();
  }
}

void AtomicFile::give_up(const char* action, int error) {
  discard();
  fail(Code::io_error, "cannot ", action, " '", path_, "': ", words(error));
}

void write_file(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace castalia
