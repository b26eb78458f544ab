#include "models/catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "models/registry.h"

namespace castalia {
namespace {

using Json = nlohmann::ordered_json;

Json entry_json(const Architecture& architecture) {
  Json out = {{"name", architecture.name},
              {"family", architecture.family},
              {"summary", architecture.summary},
              {"description", architecture.description},
              {"fields", Json::array()},
              {"capabilities", Json::array()},
              {"references", architecture.references}};
  for (const Field& field : architecture.fields) out["fields"].push_back(describe(field));
  for (const Capability each : architecture.capabilities) out["capabilities"].push_back(name(each));
  return out;
}

}  // namespace

Specification::Specification(const Architecture& architecture, const std::string& json)
    : FieldValues(architecture.name, architecture.fields, json), architecture_(&architecture) {}

Specification Specification::with(const std::string& field, const std::string& value) const {
  nlohmann::json changed = nlohmann::json::parse(json());
  changed[field] = nlohmann::json::parse(value, nullptr, false);
  if (changed[field].is_discarded()) {
    fail(Code::invalid_argument, architecture_->name, ".", field, " is not valid JSON: ", value);
  }
  return Specification(*architecture_, changed.dump());
}

const char* name(Capability capability) {
  switch (capability) {
    case Capability::sample: return "sample";
    case Capability::log_prob: return "log_prob";
    case Capability::transform: return "transform";
    case Capability::inverse: return "inverse";
    case Capability::score: return "score";
  }
  return "unknown";
}

Capability find_capability(const Architecture& architecture, const std::string& wanted) {
  std::vector<std::string> names;
  for (const Capability each : architecture.capabilities) {
    if (wanted == name(each)) return each;
    names.emplace_back(name(each));
  }
  fail(Code::not_found, architecture.name, " computes no '", wanted, "'",
       suggestion(wanted, names));
}

bool Architecture::can(Capability capability) const {
  return std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
}

std::vector<Field> with_common_fields(std::vector<Field> own) {
  own.push_back({.name = "dtype",
                 .type = FieldType::text,
                 .default_value = R"("float32")",
                 .meaning = "element type of the weights and of the network's arithmetic",
                 .choices = {"float32", "float64"}});
  own.push_back(
      {.name = "seed",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "seed of the first weights and of all that is drawn when a model is made",
       .least = 0,
       .greatest = 9007199254740992.0});
  const auto labels = [&own](const char* name, const char* meaning) {
    own.push_back(
        {.name = name, .type = FieldType::text_list, .default_value = "[]", .meaning = meaning});
  };
  labels("feature_names", "names of the features, one each or none at all");
  labels("feature_units", "units of the features, one each or none at all");
  labels("context_names", "names of the context's columns, one each or none at all");
  labels("context_units", "units of the context's columns, one each or none at all");
  return own;
}

std::span<const Architecture* const> catalogue() {
  static const std::vector<const Architecture*> all = [] {
    std::vector<const Architecture*> list = registered_architectures();
    std::sort(list.begin(), list.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    return list;
  }();
  return all;
}

const Architecture& find_architecture(const std::string& name) {
  std::vector<std::string> names;
  for (const Architecture* each : catalogue()) {
    if (each->name == name) return *each;
    names.push_back(each->name);
  }
  fail(Code::not_found, "unknown architecture '", name, "'", suggestion(name, names));
}

std::string catalogue_json() {
  Json list = Json::array();
  for (const Architecture* each : catalogue()) list.push_back(entry_json(*each));
  return list.dump(2);
}

std::string architecture_json(const Architecture& architecture) {
  return entry_json(architecture).dump(2);
}

}  // namespace castalia
