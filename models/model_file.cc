// The model file: one safetensors file.
//
// Tensors: each parameter by its name, in the model's element type; "reference.x",
// "reference.context" and "reference.log_prob", or "reference.score" of a model without density
// (float64), some events and what the model says of them. Metadata: one entry "castalia", a JSON
// object
//   format_version   1; a release reads every version up to its own
//   library_version  of the release that wrote the file
//   architecture     its name
//   specification    an object with every field
//   preprocessing    as Network::preprocessing_json gives it
//   training         how it was trained: an object, or null
//   context_ranges   the least and the greatest value of each column of the context in training: a
//                    list of pairs, empty where they are not known; older files have none
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/version.h"
#include "cpp/io/safetensors.h"
#include "models/model.h"

namespace castalia {
namespace {

using Json = nlohmann::json;

constexpr int64_t kFormatVersion = 1;
constexpr double kReferenceTolerance = 1e-4;
const char kMetadataKey[] = "castalia";
const char kReferenceX[] = "reference.x";
const char kReferenceContext[] = "reference.context";

// "reference.log_prob"
std::string answers_name(Capability capability) { return text("reference.", name(capability)); }

Json read_header(const SafetensorsFile& file, const std::string& path) {
  const auto entry = file.metadata.find(kMetadataKey);
  if (entry == file.metadata.end()) {
    fail(Code::corrupt_file, path, " is not a Castalia model: it has no metadata '", kMetadataKey,
         "'");
  }
  Json header = Json::parse(entry->second, nullptr, false);
  if (!header.is_object() || !header.contains("format_version") ||
      !header["format_version"].is_number_integer()) {
    fail(Code::corrupt_file, path, ": the metadata '", kMetadataKey, "' is damaged");
  }
  const auto version = header["format_version"].get<int64_t>();
  if (version > kFormatVersion) {
    fail(Code::newer_version, path, " has format version ", version,
         "; this release reads versions up to ", kFormatVersion, ": a newer Castalia is needed");
  }
  for (const char* key : {"architecture", "specification", "preprocessing"}) {
    if (!header.contains(key)) fail(Code::corrupt_file, path, ": the metadata has no '", key, "'");
  }
  if (!header["architecture"].is_string()) {
    fail(Code::corrupt_file, path, ": the architecture's name is damaged");
  }
  return header;
}

// The stored parameters as one flat tensor.
std::vector<double> read_parameters(const SafetensorsFile& file, const ParameterTable& table,
                                    DType dtype, const std::string& path) {
  std::vector<double> values(static_cast<size_t>(table.count()));
  for (const Parameter& parameter : table.parameters()) {
    const StoredTensor* tensor = file.find(parameter.name);
    if (tensor == nullptr)
      fail(Code::corrupt_file, path, " lacks the tensor '", parameter.name, "'");
    if (!(tensor->shape == parameter.shape) || tensor->dtype != dtype) {
      fail(Code::corrupt_file, path, ": tensor '", parameter.name, "' is ", name(tensor->dtype),
           tensor->shape, ", the model needs ", name(dtype), parameter.shape);
    }
    double* out = values.data() + parameter.offset;
    if (dtype == DType::float64) {
      std::ranges::copy(tensor->values<double>(), out);
    } else {
      std::ranges::copy(tensor->values<float>(), out);
    }
  }
  return values;
}

// The stored range of each of so many columns of the context; none where the file has none.
std::vector<std::pair<double, double>> read_ranges(const Json& header, int64_t columns) {
  std::vector<std::pair<double, double>> ranges;
  if (!header.contains("context_ranges")) return ranges;
  try {
    ranges = header["context_ranges"].get<std::vector<std::pair<double, double>>>();
  } catch (const Json::exception&) {
    fail(Code::invalid_argument, "the context's ranges are not pairs of numbers");
  }
  if (!ranges.empty() && std::ssize(ranges) != columns) {
    fail(Code::shape_mismatch, "the context's ranges are of ", ranges.size(), " columns, not ",
         columns);
  }
  return ranges;
}

std::vector<double> optional_values(const SafetensorsFile& file, const std::string& name) {
  const StoredTensor* tensor = file.find(name);
  if (tensor == nullptr) return {};
  const std::span<const double> values = tensor->values<double>();
  return {values.begin(), values.end()};
}

}  // namespace

void Model::save(const std::string& path) const {
  const Reader reader(*this);
  Json ranges = Json::array();
  for (const Range& each : context_ranges_) ranges.push_back({each.least, each.greatest});
  const Json header = {{"format_version", kFormatVersion},
                       {"library_version", kVersion},
                       {"architecture", architecture().name},
                       {"specification", Json::parse(specification_.json())},
                       {"preprocessing", Json::parse(preprocessing_json())},
                       {"training", training_json_.empty() ? Json() : Json::parse(training_json_)},
                       {"context_ranges", std::move(ranges)}};
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : table_.parameters()) {
    const auto offset = static_cast<size_t>(parameter.offset) * size_of(dtype());
    tensors.push_back({parameter.name, dtype(), parameter.shape, parameters_.data() + offset});
  }
  std::vector<double> answers;
  if (has_reference()) {
    answers = reference_answers();
    const auto rows = static_cast<int64_t>(answers.size());
    tensors.push_back({kReferenceX, DType::float64, {rows, features()}, reference_.x.data()});
    if (context_features() > 0) {
      tensors.push_back({kReferenceContext,
                         DType::float64,
                         {rows, context_features()},
                         reference_.context.data()});
    }
    tensors.push_back(
        {answers_name(reference_capability()), DType::float64, {rows}, answers.data()});
  }
  write_safetensors(path, tensors, {{kMetadataKey, header.dump()}});
}

std::shared_ptr<Model> Model::load(const std::string& path, bool verify) {
  const SafetensorsFile file = read_safetensors(path);
  const Json header = read_header(file, path);
  try {
    const auto& architecture = find_architecture(header["architecture"].get<std::string>());
    const Specification specification(architecture, header["specification"].dump());
    std::shared_ptr<Model> model(new Model(specification));
    model->set_parameter_values(read_parameters(file, model->table_, model->dtype(), path));
    model->set_preprocessing_json(header["preprocessing"].dump());
    if (header.contains("training") && header["training"].is_object()) {
      model->training_json_ = header["training"].dump();
    }
    for (const auto& [least, greatest] : read_ranges(header, model->context_features())) {
      model->context_ranges_.push_back({least, greatest});
    }
    model->reference_ = {optional_values(file, kReferenceX),
                         optional_values(file, kReferenceContext)};
    if (verify && model->has_reference()) {
      model->verify_reference(optional_values(file, answers_name(model->reference_capability())));
    }
    return model;
  } catch (const Error& error) {
    if (error.code() == Code::corrupt_file || error.code() == Code::out_of_memory) throw;
    // Whatever else does not fit is the file's fault, not that of an argument.
    fail(Code::corrupt_file, path, ": ", error.what());
  }
}

bool Model::has_reference() const {
  return !reference_.x.empty() && fitted() && network_->can(reference_capability());
}

void Model::verify_reference(std::span<const double> stored) const {
  const std::vector<double> computed = reference_answers();
  const char* const what = reference_capability() == Capability::log_prob ? "log-density" : "score";
  if (computed.size() != stored.size()) {
    fail(Code::corrupt_file, "the stored reference has ", stored.size(), " numbers for ",
         computed.size(), " events");
  }
  for (size_t i = 0; i < stored.size(); ++i) {
    const double tolerance = kReferenceTolerance * std::max(1.0, std::abs(stored[i]));
    if (!(std::abs(computed[i] - stored[i]) <= tolerance)) {
      fail(Code::corrupt_file, "the model does not give what its file says it gives: ", what, " ",
           computed[i], " instead of ", stored[i], " for reference event ", i,
           " (verify=false loads it all the same)");
    }
  }
}

std::string Model::describe() const {
  using Ordered = nlohmann::ordered_json;
  Ordered parameters = Ordered::array();
  for (const Parameter& parameter : table_.parameters()) {
    parameters.push_back(
        {{"name", parameter.name},
         {"shape", std::vector<int64_t>(parameter.shape.begin(), parameter.shape.end())}});
  }
  Ordered capabilities = Ordered::array();
  for (const Capability each : architecture().capabilities) {
    if (network_->can(each)) capabilities.push_back(name(each));
  }
  const Ordered out = {
      {"architecture", architecture().name},
      {"family", architecture().family},
      {"features", features()},
      {"context_features", context_features()},
      {"fitted", fitted()},
      {"specification", Ordered::parse(specification_.json())},
      {"preprocessing", Ordered::parse(preprocessing_json())},
      {"capabilities", std::move(capabilities)},
      {"parameter_count", table_.count()},
      {"parameters", std::move(parameters)},
      {"training", training_json_.empty() ? Ordered() : Ordered::parse(training_json_)}};
  return out.dump(2);
}

}  // namespace castalia
