#include "cpp/io/library/hdf5_functions.h"

#include <hdf5.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/base/status.h"
#include "cpp/io/library/guard.h"

namespace castalia {
namespace {

constexpr hsize_t kChunkBytes = 1 << 18;

// HDF5's own lock is only there when it was built so; ours always is.
std::mutex& turn() {
  static std::mutex mutex;
  return mutex;
}

// What HDF5 says about its last failure: the innermost message, and the system's words when a call
// to the system was the cause ("..., errno = 28, error message = 'No space left on device', ...").
struct Failure {
  std::string message;
  std::string system;
};

Failure last_failure() {
  Failure out;
  const auto visit = [](unsigned, const H5E_error2_t* entry, void* context) -> herr_t {
    auto* failure = static_cast<Failure*>(context);
    const std::string words = entry->desc == nullptr ? "" : entry->desc;
    if (failure->message.empty()) failure->message = words;
    constexpr char kBefore[] = "error message = '";
    const size_t start = words.find(kBefore);
    if (start != std::string::npos && failure->system.empty()) {
      const size_t begin = start + std::strlen(kBefore);
      failure->system = words.substr(begin, words.find('\'', begin) - begin);
    }
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, &out);
  H5Eclear2(H5E_DEFAULT);
  return out;
}

template <typename... Parts>
[[noreturn]] void fail_reading(const Parts&... parts) {
  const Failure failure = last_failure();
  if (!failure.system.empty()) fail(Code::io_error, parts..., ": ", failure.system);
  fail(Code::corrupt_file, parts..., ": ", failure.message);
}

template <typename... Parts>
[[noreturn]] void fail_writing(const Parts&... parts) {
  const Failure failure = last_failure();
  fail(Code::io_error, parts..., ": ", failure.system.empty() ? failure.message : failure.system);
}

// An HDF5 identifier, closed at the end of its scope.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Id() {
    if (id_ >= 0) close_(id_);
  }
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  Id& operator=(Id&&) = delete;
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

// Closing the identifier of a file closes what is still open in it, and lets go of it for good.
struct File {
  std::string path;
  hid_t id;
};

File& file_of(void* handle) { return *static_cast<File*>(handle); }

hid_t memory_type(DType dtype) {
  switch (dtype) {
    case DType::float32: return H5T_NATIVE_FLOAT;
    case DType::float64: return H5T_NATIVE_DOUBLE;
    case DType::int32: return H5T_NATIVE_INT32;
    case DType::int64: return H5T_NATIVE_INT64;
  }
  fail(Code::internal, "no such element type");
}

// h5py stores booleans as an enumeration over 8-bit integers, which HDF5 converts as integers.
bool is_number(H5T_class_t kind) {
  return kind == H5T_FLOAT || kind == H5T_INTEGER || kind == H5T_ENUM;
}

DType narrowest(hid_t type) {
  const size_t bytes = H5Tget_size(type);
  if (H5Tget_class(type) == H5T_FLOAT) return bytes <= 4 ? DType::float32 : DType::float64;
  const bool unsigned_word = H5Tget_class(type) == H5T_INTEGER && H5Tget_sign(type) == H5T_SGN_NONE;
  return bytes < 4 || (bytes == 4 && !unsigned_word) ? DType::int32 : DType::int64;
}

Id open_dataset(const File& file, const char* dataset) {
  Id id(H5Dopen2(file.id, dataset, H5P_DEFAULT), H5Dclose);
  if (id.valid()) return id;
  // A damaged data set is there, yet cannot be opened.
  const bool listed = H5Oexists_by_name(file.id, dataset, H5P_DEFAULT) > 0;
  H5O_info_t info{};
  if (listed && (H5Oget_info_by_name2(file.id, dataset, &info, H5O_INFO_BASIC, H5P_DEFAULT) < 0 ||
                 info.type == H5O_TYPE_DATASET)) {
    fail_reading("cannot read data set '", dataset, "' in '", file.path, "'");
  }
  H5Eclear2(H5E_DEFAULT);
  fail(Code::not_found, "no data set '", dataset, "' in '", file.path, "'");
}

CastaliaIoExtents extents_of(hid_t dataset) {
  CastaliaIoExtents out{};
  const Id type(H5Dget_type(dataset), H5Tclose);
  const Id space(H5Dget_space(dataset), H5Sclose);
  if (!type.valid() || !space.valid()) fail_reading("its description");
  out.rank = H5Sget_simple_extent_ndims(space);
  if (!is_number(H5Tget_class(type))) fail(Code::dtype_mismatch, "its elements are not numbers");
  if (out.rank > Shape::kMaxRank) {
    fail(Code::shape_mismatch, "it has ", out.rank, " axes; at most ", Shape::kMaxRank,
         " are allowed");
  }
  if (H5Sget_simple_extent_type(space) == H5S_NULL) fail(Code::shape_mismatch, "it has no shape");
  hsize_t extents[Shape::kMaxRank] = {};
  H5Sget_simple_extent_dims(space, extents, nullptr);
  std::copy_n(extents, out.rank, out.extents);
  out.dtype = static_cast<int32_t>(narrowest(type));
  return out;
}

CastaliaIoExtents describe(const File& file, const char* dataset, hid_t id) {
  try {
    return extents_of(id);
  } catch (const Error& error) {
    fail(error.code(), "data set '", dataset, "' in '", file.path, "': ", error.what());
  }
}

// A selection of whole rows in the file, and memory to match.
std::pair<Id, Id> select_rows(hid_t dataset, const CastaliaIoExtents& stored, int64_t first,
                              int64_t count) {
  Id in_file(H5Dget_space(dataset), H5Sclose);
  if (stored.rank == 0) return {std::move(in_file), Id(H5Screate(H5S_SCALAR), H5Sclose)};
  hsize_t start[Shape::kMaxRank] = {static_cast<hsize_t>(first)};
  hsize_t extents[Shape::kMaxRank] = {};
  std::copy_n(stored.extents, stored.rank, extents);
  extents[0] = static_cast<hsize_t>(count);
  Id in_memory(H5Screate_simple(stored.rank, extents, nullptr), H5Sclose);
  if (H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, nullptr, extents, nullptr) < 0 ||
      !in_memory.valid()) {
    fail(Code::internal, "HDF5: ", last_failure().message);
  }
  return {std::move(in_file), std::move(in_memory)};
}

Id access_list() {
  Id list(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  // Everything of a file is closed with it. Locks fail on many network file systems.
  H5Pset_fclose_degree(list, H5F_CLOSE_STRONG);
  H5Pset_file_locking(list, false, true);
  return list;
}

// For every call: one at a time, and nothing printed by HDF5.
template <typename Body>
int32_t with_hdf5(CastaliaIoError* error, Body body) noexcept {
  return guarded(error, [&] {
    const std::lock_guard lock(turn());
    // At exit and when unloaded, HDF5 must not touch files by itself. Only the first call counts.
    static const herr_t no_exit_handler = H5dont_atexit();
    static_cast<void>(no_exit_handler);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    body();
  });
}

int32_t open(const char* path, void** file, CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    if (H5Fis_hdf5(path) <= 0) {
      H5Eclear2(H5E_DEFAULT);
      fail(Code::corrupt_file, "'", path, "' is not an HDF5 file");
    }
    const Id access = access_list();
    const hid_t id = H5Fopen(path, H5F_ACC_RDONLY, access);
    if (id < 0) fail_reading("'", path, "' is damaged");
    *file = new File{path, id};
  });
}

void close(void* file) {
  CastaliaIoError ignored;
  with_hdf5(&ignored, [&] {
    H5Fclose(file_of(file).id);
    delete &file_of(file);
  });
}

int32_t list(void* file, void (*visit)(void*, const char*, const CastaliaIoExtents*), void* context,
             CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    std::vector<std::string> names;
    const auto collect = [](hid_t, const char* name, const H5O_info_t* info, void* out) -> herr_t {
      if (info->type == H5O_TYPE_DATASET)
        static_cast<std::vector<std::string>*>(out)->push_back(name);
      return 0;
    };
    if (H5Ovisit2(file_of(file).id, H5_INDEX_NAME, H5_ITER_INC, collect, &names, H5O_INFO_BASIC) <
        0) {
      fail_reading("cannot list '", file_of(file).path, "'");
    }
    for (const std::string& name : names) {
      const Id dataset = open_dataset(file_of(file), name.c_str());
      CastaliaIoExtents stored;
      try {
        stored = extents_of(dataset);
      } catch (const Error&) {
        continue;  // not numbers
      }
      visit(context, name.c_str(), &stored);
    }
  });
}

int32_t describe_dataset(void* file, const char* dataset, CastaliaIoExtents* out,
                         CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    const Id id = open_dataset(file_of(file), dataset);
    *out = describe(file_of(file), dataset, id);
  });
}

int32_t read(void* file, const char* dataset, int64_t first, int64_t count, int32_t dtype,
             void* data, CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    const Id id = open_dataset(file_of(file), dataset);
    const CastaliaIoExtents stored = describe(file_of(file), dataset, id);
    if (count == 0) return;
    const auto [in_file, in_memory] = select_rows(id, stored, first, count);
    if (H5Dread(id, memory_type(static_cast<DType>(dtype)), in_memory, in_file, H5P_DEFAULT, data) <
        0) {
      fail_reading("cannot read data set '", dataset, "' in '", file_of(file).path, "'");
    }
  });
}

int32_t open_to_write(const char* path, int32_t create, void** file, CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    const Id access = access_list();
    if (create == 0 && H5Fis_hdf5(path) <= 0) {
      H5Eclear2(H5E_DEFAULT);
      fail(Code::corrupt_file, "'", path, "' is not an HDF5 file");
    }
    const hid_t id = create != 0 ? H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access)
                                 : H5Fopen(path, H5F_ACC_RDWR, access);
    if (id < 0) fail_writing("cannot open '", path, "' to write");
    *file = new File{path, id};
  });
}

Id create_dataset(const File& file, const char* dataset, const CastaliaIoExtents& rows,
                  int32_t compression) {
  hsize_t row_bytes = size_of(static_cast<DType>(rows.dtype));
  hsize_t extents[Shape::kMaxRank] = {};
  hsize_t most[Shape::kMaxRank] = {H5S_UNLIMITED};
  hsize_t chunk[Shape::kMaxRank] = {};
  for (int axis = 1; axis < rows.rank; ++axis) {
    if (rows.extents[axis] == 0) {
      fail(Code::shape_mismatch, "data set '", dataset, "' would have rows without elements");
    }
    extents[axis] = most[axis] = chunk[axis] = static_cast<hsize_t>(rows.extents[axis]);
    row_bytes *= extents[axis];
  }
  chunk[0] = std::max<hsize_t>(1, kChunkBytes / row_bytes);
  const Id space(H5Screate_simple(rows.rank, extents, most), H5Sclose);
  const Id layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(layout, rows.rank, chunk);
  // Without times of creation the same data gives the same bytes.
  H5Pset_obj_track_times(layout, false);
  if (compression > 0) {
    H5Pset_shuffle(layout);
    H5Pset_deflate(layout, static_cast<unsigned>(compression));
  }
  const Id links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links, 1);
  Id id(H5Dcreate2(file.id, dataset, memory_type(static_cast<DType>(rows.dtype)), space, links,
                   layout, H5P_DEFAULT),
        H5Dclose);
  if (!id.valid()) fail_writing("data set '", dataset, "' cannot be made");
  return id;
}

// Whether the whole path to an object is there.
bool exists(hid_t file, const std::string& dataset) {
  for (size_t slash = dataset.find('/', 1); slash != std::string::npos;
       slash = dataset.find('/', slash + 1)) {
    if (H5Lexists(file, dataset.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return H5Lexists(file, dataset.c_str(), H5P_DEFAULT) > 0;
}

void check_fit(const char* dataset, const CastaliaIoExtents& stored,
               const CastaliaIoExtents& rows) {
  if (stored.dtype != rows.dtype) {
    fail(Code::dtype_mismatch, "data set '", dataset, "' holds ",
         name(static_cast<DType>(stored.dtype)), ", the new rows ",
         name(static_cast<DType>(rows.dtype)));
  }
  if (stored.rank != rows.rank || stored.rank == 0 ||
      !std::equal(stored.extents + 1, stored.extents + stored.rank, rows.extents + 1)) {
    const auto shape = [](const CastaliaIoExtents& e) {
      return Shape(std::span(e.extents, static_cast<size_t>(e.rank)));
    };
    fail(Code::shape_mismatch, "data set '", dataset, "' has shape ", shape(stored),
         ", the new rows ", shape(rows));
  }
}

int32_t append(void* file, const char* dataset, const CastaliaIoExtents* rows, const void* data,
               int32_t compression, CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    const bool old = exists(file_of(file).id, dataset);
    const Id id = old ? open_dataset(file_of(file), dataset)
                      : create_dataset(file_of(file), dataset, *rows, compression);
    CastaliaIoExtents stored = describe(file_of(file), dataset, id);
    check_fit(dataset, stored, *rows);
    const int64_t first = stored.extents[0];
    const int64_t count = rows->extents[0];
    if (count == 0) return;
    stored.extents[0] += count;
    hsize_t extents[Shape::kMaxRank] = {};
    std::copy_n(stored.extents, stored.rank, extents);
    if (H5Dset_extent(id, extents) < 0) fail_writing("data set '", dataset, "' cannot grow");
    const auto [in_file, in_memory] = select_rows(id, stored, first, count);
    if (H5Dwrite(id, memory_type(static_cast<DType>(rows->dtype)), in_memory, in_file, H5P_DEFAULT,
                 data) < 0) {
      fail_writing("data set '", dataset, "'");
    }
  });
}

int32_t finish(void* file, CastaliaIoError* error) {
  return with_hdf5(error, [&] {
    const hid_t id = file_of(file).id;
    delete &file_of(file);
    const bool flushed = H5Fflush(id, H5F_SCOPE_LOCAL) >= 0;
    const Failure failure = flushed ? Failure{} : last_failure();
    const bool closed = H5Fclose(id) >= 0;
    if (!flushed) {
      H5Eclear2(H5E_DEFAULT);
      fail(Code::io_error, failure.system.empty() ? failure.message : failure.system);
    }
    if (!closed) fail_writing("closing it");
  });
}

}  // namespace

void set_hdf5_functions(CastaliaIoLibrary& table) {
  table.hdf5_open = open;
  table.hdf5_close = close;
  table.hdf5_list = list;
  table.hdf5_describe = describe_dataset;
  table.hdf5_read = read;
  table.hdf5_open_to_write = open_to_write;
  table.hdf5_append = append;
  table.hdf5_finish = finish;
}

}  // namespace castalia
