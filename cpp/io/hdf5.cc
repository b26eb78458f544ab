#include "cpp/io/hdf5.h"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "cpp/base/atomic_file.h"
#include "cpp/base/status.h"
#include "cpp/io/input_file.h"
#include "cpp/io/io_library.h"

namespace castalia {
namespace {

Hdf5Dataset from_extents(std::string name, const CastaliaIoExtents& stored) {
  return {std::move(name), static_cast<DType>(stored.dtype),
          Shape(std::span(stored.extents, static_cast<size_t>(stored.rank)))};
}

class Hdf5File {
 public:
  explicit Hdf5File(const std::string& path) : path_(path), library_(io_library()) {
    // The system's words for a file that cannot be opened at all are clearer than HDF5's.
    const InputFile readable(path);
    CastaliaIoError error;
    check_io(library_.hdf5_open(path.c_str(), &handle_, &error), error);
  }
  ~Hdf5File() { library_.hdf5_close(handle_); }
  Hdf5File(const Hdf5File&) = delete;
  Hdf5File& operator=(const Hdf5File&) = delete;

  std::vector<Hdf5Dataset> datasets() {
    std::vector<Hdf5Dataset> out;
    const auto visit = [](void* context, const char* name, const CastaliaIoExtents* stored) {
      static_cast<std::vector<Hdf5Dataset>*>(context)->push_back(from_extents(name, *stored));
    };
    CastaliaIoError error;
    check_io(library_.hdf5_list(handle_, visit, &out, &error), error);
    return out;
  }

  Hdf5Dataset describe(const std::string& dataset) {
    CastaliaIoExtents stored{};
    CastaliaIoError error;
    const int32_t code = library_.hdf5_describe(handle_, dataset.c_str(), &stored, &error);
    if (static_cast<Code>(code) == Code::not_found) {
      std::vector<std::string> names;
      for (const Hdf5Dataset& known : datasets()) names.push_back(known.name);
      fail(Code::not_found, error.message, suggestion(dataset, names));
    }
    check_io(code, error);
    return from_extents(dataset, stored);
  }

  void read(const std::string& dataset, int64_t first, int64_t count, DType dtype, void* out) {
    const Shape shape = describe(dataset).shape;
    const int64_t rows = shape.rank() == 0 ? 1 : shape[0];
    if (first < 0 || count < 0 || first > rows || count > rows - first) {
      fail(Code::out_of_range, "rows ", first, " to ", first + count, " of data set '", dataset,
           "' in '", path_, "'; it has ", rows);
    }
    CastaliaIoError error;
    check_io(library_.hdf5_read(handle_, dataset.c_str(), first, count, static_cast<int32_t>(dtype),
                                out, &error),
             error);
  }

 private:
  std::string path_;
  const CastaliaIoLibrary& library_;
  void* handle_ = nullptr;
};

}  // namespace

std::vector<Hdf5Dataset> hdf5_datasets(const std::string& path) {
  return Hdf5File(path).datasets();
}

Hdf5Dataset hdf5_describe(const std::string& path, const std::string& dataset) {
  return Hdf5File(path).describe(dataset);
}

Shape hdf5_shape(const std::string& path, const std::string& dataset) {
  return hdf5_describe(path, dataset).shape;
}

void hdf5_read(const std::string& path, const std::string& dataset, int64_t first, int64_t count,
               DType dtype, void* out) {
  Hdf5File(path).read(dataset, first, count, dtype, out);
}

Hdf5Writer::Hdf5Writer(const std::string& path, Hdf5Mode mode) : path_(path) {
  const CastaliaIoLibrary& library = io_library();
  const bool fresh = mode == Hdf5Mode::replace || access(path.c_str(), F_OK) != 0;
  if (fresh) {
    file_ = std::make_unique<AtomicFile>(path);
  } else {
    const InputFile readable(path);
  }
  CastaliaIoError error;
  check_io(library.hdf5_open_to_write(fresh ? file_->temporary_path().c_str() : path.c_str(),
                                      fresh ? 1 : 0, &handle_, &error),
           error);
}

Hdf5Writer::~Hdf5Writer() {
  if (handle_ == nullptr) return;
  CastaliaIoError ignored;
  io_library().hdf5_finish(handle_, &ignored);
}

void Hdf5Writer::append(const std::string& dataset, DType dtype, const Shape& shape,
                        const void* data, int compression) {
  if (handle_ == nullptr) fail(Code::invalid_argument, "'", path_, "' is closed already");
  if (shape.rank() == 0) {
    fail(Code::shape_mismatch, "rows for data set '", dataset, "' need at least one axis");
  }
  if (compression < 0 || compression > 9) {
    fail(Code::out_of_range, "compression ", compression, "; allowed: 0 to 9");
  }
  CastaliaIoExtents rows{static_cast<int32_t>(dtype), shape.rank(), {}};
  std::copy(shape.begin(), shape.end(), rows.extents);
  CastaliaIoError error;
  const int32_t code =
      io_library().hdf5_append(handle_, dataset.c_str(), &rows, data, compression, &error);
  if (code != 0) fail(static_cast<Code>(code), "cannot write '", path_, "': ", error.message);
}

void Hdf5Writer::close() {
  if (handle_ == nullptr) fail(Code::invalid_argument, "'", path_, "' is closed already");
  CastaliaIoError error;
  const int32_t code = io_library().hdf5_finish(std::exchange(handle_, nullptr), &error);
  if (code != 0) {
    file_.reset();
    fail(static_cast<Code>(code), "cannot write '", path_, "': ", error.message);
  }
  if (file_ != nullptr) file_->commit();
}

}  // namespace castalia
