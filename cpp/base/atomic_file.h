// A file that appears whole or not at all. Bytes go to a temporary file in the same directory,
// which takes the name of the real one only after they have reached the disk; until then an older
// file of that name stays as it was.
#ifndef CASTALIA_CPP_BASE_ATOMIC_FILE_H_
#define CASTALIA_CPP_BASE_ATOMIC_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace castalia {

// Belongs to one thread at a time. Every failure is an Error(io_error) that names the path and
// gives the system's words; the temporary file is then removed and the object is of no more use.
// Symbolic links are followed: the file that they lead to is replaced. A path that leads to a
// device or a pipe is written to directly, for there is nothing to protect.
class AtomicFile {
 public:
  // Creates the temporary file.
  explicit AtomicFile(const std::string& path);
  // Without a commit before it, gives up: removes the temporary file.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Appends; small pieces are gathered in a buffer.
  void write(const void* data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }

  // Flushes to the disk and puts the file in its place.
  void commit();

  // The path asked for, and the path of the temporary file: a library that writes by itself may
  // open the latter, close it, and leave the rest to commit().
  const std::string& path() const { return path_; }
  const std::string& temporary_path() const { return temporary_; }

 private:
  void create_temporary();
  void write_out(const char* data, size_t bytes);
  void flush();
  void discard() noexcept;
  [[noreturn]] void give_up(const char* action, int error);

  std::string path_;
  std::string target_;     // path_ with its links resolved
  std::string temporary_;  // equals target_ when written directly
  bool direct_ = false;
  int descriptor_ = -1;
  std::vector<char> buffer_;
};

// Replaces the file at path by these bytes.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_ATOMIC_FILE_H_
