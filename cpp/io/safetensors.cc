#include "cpp/io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cpp/base/atomic_file.h"
#include "cpp/io/checksum.h"
#include "cpp/io/input_file.h"

namespace castalia {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little,
              "numbers are stored as they lie in memory");

constexpr char kMetadataKey[] = "__metadata__";
constexpr char kChecksumKey[] = "castalia.checksum";
constexpr size_t kChecksumDigits = 16;
constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLargestHeader = 100'000'000;
constexpr int kDeepestHeader = 4;

struct StoredType {
  const char* name;
  DType dtype;
};
constexpr StoredType kTypes[] = {
    {"F32", DType::float32}, {"F64", DType::float64}, {"I32", DType::int32}, {"I64", DType::int64}};
// Types of the format that Castalia does not compute with.
constexpr const char* kForeignTypes[] = {"BOOL", "U8",  "I8",   "I16",     "U16",     "U32",
                                         "U64",  "F16", "BF16", "F8_E5M2", "F8_E4M3", "C64"};

const char* stored_name(DType dtype) {
  const auto* type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const StoredType& t) { return t.dtype == dtype; });
  return type->name;
}

uint64_t bytes_of(DType dtype, const Shape& shape) {
  return static_cast<uint64_t>(shape.count()) * size_of(dtype);
}

std::string digits_of(uint64_t checksum) {
  std::array<char, kChecksumDigits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(checksum));
  return digits.data();
}

// Where the digits of the checksum stand in the header's text; npos when they are not there in the
// form in which write_safetensors leaves them.
size_t find_digits(const std::string& header) {
  const std::string before = text('"', kChecksumKey, "\":\"");
  const size_t start = header.find(before);
  if (start == std::string::npos) return start;
  const size_t digits = start + before.size();
  return header.size() - digits > kChecksumDigits && header[digits + kChecksumDigits] == '"'
             ? digits
             : std::string::npos;
}

// The checksum covers the header with zeros for its own digits, then the data.
void blank_digits(std::string& header, size_t digits) {
  header.replace(digits, kChecksumDigits, kChecksumDigits, '0');
}

Json describe(const TensorToWrite& tensor, uint64_t begin) {
  Json shape = Json::array();
  for (const int64_t extent : tensor.shape) shape.push_back(extent);
  Json out;
  out["dtype"] = stored_name(tensor.dtype);
  out["shape"] = std::move(shape);
  out["data_offsets"] = {begin, begin + bytes_of(tensor.dtype, tensor.shape)};
  return out;
}

std::string make_header(const std::string& path, std::span<const TensorToWrite* const> order,
                        const Metadata& metadata) {
  Json header;
  Json& entries = header[kMetadataKey];
  entries = metadata;
  if (entries.contains(kChecksumKey)) {
    fail(Code::invalid_argument, "metadata '", kChecksumKey, "' is kept for the file's checksum");
  }
  entries[kChecksumKey] = std::string(kChecksumDigits, '0');
  uint64_t offset = 0;
  for (const TensorToWrite* tensor : order) {
    if (tensor->name.empty() || tensor->name == kMetadataKey || header.contains(tensor->name)) {
      fail(Code::invalid_argument, "cannot write '", path, "': the tensor name '", tensor->name,
           tensor->name.empty()           ? "' is empty"
           : tensor->name == kMetadataKey ? "' is kept by the format"
                                          : "' occurs twice");
    }
    header[tensor->name] = describe(*tensor, offset);
    offset += bytes_of(tensor->dtype, tensor->shape);
  }
  std::string out;
  try {
    out = header.dump();
  } catch (const Json::exception& error) {
    fail(Code::invalid_argument, "cannot write '", path, "': ", error.what());
  }
  // Spaces, so that the data begins at a multiple of eight.
  out.resize((out.size() + 7) / 8 * 8, ' ');
  if (out.size() > kLargestHeader) {
    fail(Code::invalid_argument, "cannot write '", path, "': its header would have ", out.size(),
         " bytes; at most ", kLargestHeader, " are allowed");
  }
  return out;
}

// Reads one file; keeps what an error message needs.
class Reader {
 public:
  Reader(const std::string& path, ChecksumRule rule) : file_(path), rule_(rule) {}

  SafetensorsFile read() {
    const std::string header = read_header();
    const Json json = parse(header);
    read_metadata(json);
    read_entries(json);
    check_cover();
    read_data(header);
    return std::move(out_);
  }

 private:
  struct Entry {
    StoredTensor tensor;
    uint64_t begin, end;
  };

  template <typename... Parts>
  [[noreturn]] void corrupt(const Parts&... parts) const {
    fail(Code::corrupt_file, "'", file_.path(),
         "' is damaged or not a safetensors file: ", parts...);
  }

  std::string read_header() {
    if (file_.size() < kLengthBytes) corrupt("it has only ", file_.size(), " bytes");
    uint64_t length = 0;
    file_.read(&length, sizeof length);
    if (length > kLargestHeader) {
      corrupt("it announces a header of ", length, " bytes; at most ", kLargestHeader,
              " are allowed");
    }
    if (length > file_.size() - kLengthBytes) {
      corrupt("it announces a header of ", length, " bytes but has only ", file_.size(),
              " bytes itself");
    }
    data_bytes_ = file_.size() - kLengthBytes - length;
    std::string header(length, '\0');
    file_.read(header.data(), header.size());
    if (!header.starts_with('{')) corrupt("its header does not begin with '{'");
    return header;
  }

  // The parser itself takes the last of two equal keys, and any depth.
  Json parse(const std::string& header) const {
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (depth > kDeepestHeader) corrupt("its header is nested too deeply");
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key) {
        const std::string& key = parsed.get_ref<const std::string&>();
        if (!keys.back().insert(key).second) corrupt("the name '", key, "' occurs twice");
      }
      return true;
    };
    try {
      return Json::parse(header, watch);
    } catch (const Json::exception& error) {
      corrupt("its header is not valid JSON (", error.what(), ")");
    }
  }

  void read_metadata(const Json& json) {
    const auto metadata = json.find(kMetadataKey);
    if (metadata == json.end()) return;
    if (!metadata->is_object()) corrupt("its metadata is not an object");
    for (const auto& [key, value] : metadata->items()) {
      if (!value.is_string()) corrupt("the metadata '", key, "' is not a string");
      if (key == kChecksumKey) {
        checksum_ = value.get<std::string>();
      } else {
        out_.metadata.emplace(key, value.get<std::string>());
      }
    }
  }

  void read_entries(const Json& json) {
    for (const auto& [name, value] : json.items()) {
      if (name != kMetadataKey) entries_.push_back(read_entry(name, value));
    }
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
  }

  Entry read_entry(const std::string& name, const Json& json) const {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!json.is_object() || !json.contains(field)) {
        corrupt("tensor '", name, "' has no ", field);
      }
    }
    Entry entry;
    entry.tensor.name = name;
    entry.tensor.dtype = read_dtype(name, json["dtype"]);
    entry.tensor.shape = read_shape(name, json["shape"]);
    const Json& offsets = json["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      corrupt("tensor '", name, "' has data_offsets ", offsets.dump());
    }
    entry.begin = offsets[0].get<uint64_t>();
    entry.end = offsets[1].get<uint64_t>();
    if (entry.begin > entry.end || entry.end > data_bytes_) {
      corrupt("tensor '", name, "' lies at ", offsets.dump(), ", but the file holds ", data_bytes_,
              " bytes of data; is it truncated?");
    }
    if (entry.end - entry.begin != wanted_bytes(entry.tensor)) {
      corrupt("tensor '", name, "' of type ", json["dtype"].get<std::string>(), " and shape ",
              entry.tensor.shape, " has ", entry.end - entry.begin, " bytes");
    }
    return entry;
  }

  DType read_dtype(const std::string& name, const Json& json) const {
    if (!json.is_string()) corrupt("the dtype of tensor '", name, "' is not a string");
    const auto& stored = json.get_ref<const std::string&>();
    for (const StoredType& type : kTypes) {
      if (stored == type.name) return type.dtype;
    }
    for (const char* foreign : kForeignTypes) {
      if (stored == foreign) {
        fail(Code::dtype_mismatch, "tensor '", name, "' in '", file_.path(), "' has type ", stored,
             "; allowed: F32, F64, I32, I64");
      }
    }
    corrupt("tensor '", name, "' has the unknown type '", stored, "'");
  }

  Shape read_shape(const std::string& name, const Json& json) const {
    if (!json.is_array()) corrupt("the shape of tensor '", name, "' is not an array");
    if (json.size() > static_cast<size_t>(Shape::kMaxRank)) {
      fail(Code::shape_mismatch, "tensor '", name, "' in '", file_.path(), "' has ", json.size(),
           " axes; at most ", Shape::kMaxRank, " are allowed");
    }
    Shape shape;
    for (const Json& extent : json) {
      if (!extent.is_number_unsigned() || extent.get<uint64_t>() > INT64_MAX) {
        corrupt("tensor '", name, "' has the extent ", extent.dump());
      }
      shape.push_back(extent.get<int64_t>());
    }
    return shape;
  }

  // The bytes that type and shape call for. More than a file can hold is as good as overflow.
  uint64_t wanted_bytes(const StoredTensor& tensor) const {
    uint64_t bytes = size_of(tensor.dtype);
    for (const int64_t extent : tensor.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes)) {
        corrupt("the shape ", tensor.shape, " of tensor '", tensor.name, "' is absurd");
      }
    }
    return bytes;
  }

  // In the order of their offsets the tensors must follow one another without gap or overlap.
  void check_cover() const {
    uint64_t end = 0;
    for (const Entry& entry : entries_) {
      if (entry.begin != end) {
        corrupt("tensor '", entry.tensor.name, "' begins at byte ", entry.begin, " of the data, ",
                entry.begin < end ? "inside the tensor before it" : "after a gap");
      }
      end = entry.end;
    }
    if (end != data_bytes_) {
      corrupt("its tensors end at byte ", end, " of ", data_bytes_, " bytes of data");
    }
  }

  void read_data(std::string header) {
    const bool verify = !checksum_.empty() || rule_ == ChecksumRule::required;
    const size_t digits = find_digits(header);
    if (verify &&
        (digits == std::string::npos || header.compare(digits, kChecksumDigits, checksum_) != 0)) {
      corrupt("its checksum is missing or not in the form that Castalia writes");
    }
    Checksum checksum;
    if (verify) {
      blank_digits(header, digits);
      checksum.add(header.data(), header.size());
    }
    for (Entry& entry : entries_) {
      const size_t bytes = entry.end - entry.begin;
      entry.tensor.data = std::make_unique_for_overwrite<std::byte[]>(bytes);
      file_.read(entry.tensor.data.get(), bytes);
      if (verify) checksum.add(entry.tensor.data.get(), bytes);
      out_.tensors.push_back(std::move(entry.tensor));
    }
    if (verify && digits_of(checksum.value()) != checksum_) {
      corrupt("its checksum does not fit; bytes have changed since it was written");
    }
  }

  InputFile file_;
  ChecksumRule rule_;
  uint64_t data_bytes_ = 0;
  std::string checksum_;
  std::vector<Entry> entries_;
  SafetensorsFile out_;
};

}  // namespace

const StoredTensor* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const StoredTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

const StoredTensor& SafetensorsFile::at(std::string_view name) const {
  if (const StoredTensor* tensor = find(name)) return *tensor;
  std::vector<std::string> names;
  for (const StoredTensor& tensor : tensors) names.push_back(tensor.name);
  fail(Code::not_found, "no tensor '", name, "'", suggestion(name, names));
}

void write_safetensors(const std::string& path, std::span<const TensorToWrite> tensors,
                       const Metadata& metadata) {
  // Wide elements first: then every tensor is aligned for its type, whatever the shapes.
  std::vector<const TensorToWrite*> order;
  for (const TensorToWrite& tensor : tensors) order.push_back(&tensor);
  std::stable_partition(order.begin(), order.end(),
                        [](const TensorToWrite* tensor) { return size_of(tensor->dtype) == 8; });

  std::string header = make_header(path, order, metadata);
  Checksum checksum;
  checksum.add(header.data(), header.size());
  for (const TensorToWrite* tensor : order) {
    checksum.add(tensor->data, bytes_of(tensor->dtype, tensor->shape));
  }
  header.replace(find_digits(header), kChecksumDigits, digits_of(checksum.value()));

  AtomicFile file(path);
  const uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header);
  for (const TensorToWrite* tensor : order) {
    file.write(tensor->data, bytes_of(tensor->dtype, tensor->shape));
  }
  file.commit();
}

SafetensorsFile read_safetensors(const std::string& path, ChecksumRule rule) {
  return Reader(path, rule).read();
}

}  // namespace castalia
