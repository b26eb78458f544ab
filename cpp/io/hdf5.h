// Data sets of HDF5 files. Element types are converted by HDF5 where they differ from what is asked
// for: floating-point and integer types of any width are read as any DType.
//
// All of this is carried out by libcastalia_io.so, loaded by the first call. Functions are
// reentrant; calls into HDF5 take turns.
#ifndef CASTALIA_CPP_IO_HDF5_H_
#define CASTALIA_CPP_IO_HDF5_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"

namespace castalia {

class AtomicFile;

struct Hdf5Dataset {
  std::string name;  // "truth", "group/truth"
  DType dtype;       // the narrowest of ours that holds the stored type
  Shape shape;
};

// Errors of all functions that read: io_error (no such file, unreadable; with the system's words),
// corrupt_file (not HDF5, truncated, damaged), not_found (no such data set, with the nearest name),
// dtype_mismatch (elements that are not numbers), shape_mismatch (more than eight axes).

std::vector<Hdf5Dataset> hdf5_datasets(const std::string& path);
Hdf5Dataset hdf5_describe(const std::string& path, const std::string& dataset);
Shape hdf5_shape(const std::string& path, const std::string& dataset);

// Reads the rows first .. first + count - 1 along the first axis into out, row-major, as dtype. A
// data set without axes is one row. Also out_of_range, with the number of rows there are.
void hdf5_read(const std::string& path, const std::string& dataset, int64_t first, int64_t count,
               DType dtype, void* out);

enum class Hdf5Mode {
  replace,  // a new file, which takes the place of an old one in one step when it is closed
  append,   // rows and data sets are added to the file in place; a missing file is made anew
};

// Writes data sets piece by piece. Belongs to one thread at a time.
class Hdf5Writer {
 public:
  // Errors: io_error; corrupt_file when the file to append to is not HDF5.
  explicit Hdf5Writer(const std::string& path, Hdf5Mode mode = Hdf5Mode::replace);
  // Without close() before it, a new file is given up; rows appended to an old one may stay.
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  // Appends rows along the first axis; the first call for a name makes the data set, and the groups
  // in its name, with gzip compression 0 (none) to 9. Errors: io_error (disk full: the system's
  // words); shape_mismatch and dtype_mismatch when the rows do not fit those before; out_of_range.
  void append(const std::string& dataset, DType dtype, const Shape& shape, const void* data,
              int compression = 0);

  // Completes the file. Error: io_error; an old file that was to be replaced then stays.
  void close();

 private:
  std::string path_;
  std::unique_ptr<AtomicFile> file_;  // null when rows are added in place
  void* handle_ = nullptr;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_HDF5_H_
