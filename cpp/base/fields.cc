#include "cpp/base/fields.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"

namespace castalia {
namespace {

using Json = nlohmann::json;

// Integers in a JSON text that were written as 8.0 are integers all the same.
bool is_whole(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::nearbyint(value.get<double>()) == value.get<double>() &&
         std::abs(value.get<double>()) <= 9007199254740992.0;
}

std::string shown(const Json& value) {
  std::string out = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (out.size() > 60) out = out.substr(0, 57) + "...";
  return out;
}

std::string number_text(const Field& field, double bound) {
  const bool whole = field.type == FieldType::integer || field.type == FieldType::integer_list;
  return whole ? text(static_cast<int64_t>(bound)) : text(bound);
}

std::string range_text(const Field& field) {
  if (std::isfinite(field.least) && std::isfinite(field.greatest)) {
    return number_text(field, field.least) + " to " + number_text(field, field.greatest);
  }
  if (std::isfinite(field.least)) return number_text(field, field.least) + " or more";
  if (std::isfinite(field.greatest)) return number_text(field, field.greatest) + " or less";
  return "any finite number";
}

class Validator {
 public:
  Validator(const std::string& owner, const Field& field)
      : field_(field), where_(text(owner, ".", field.name)) {}

  // The value in its canonical form.
  Json validated(const Json& value) const {
    switch (field_.type) {
      case FieldType::integer:
      case FieldType::real:
      case FieldType::boolean:
      case FieldType::text: return element(field_.type, value);
      case FieldType::integer_list: return list(FieldType::integer, value);
      case FieldType::real_list: return list(FieldType::real, value);
      case FieldType::text_list: return list(FieldType::text, value);
    }
    return value;
  }

 private:
  Json list(FieldType element_type, const Json& value) const {
    if (!value.is_array()) fail_type(value);
    Json out = Json::array();
    for (const Json& each : value) out.push_back(element(element_type, each));
    return out;
  }

  Json element(FieldType type, const Json& value) const {
    switch (type) {
      case FieldType::integer: {
        if (!is_whole(value)) fail_type(value);
        if (value.is_number_unsigned() && value.get<uint64_t>() > uint64_t{1} << 62) {
          fail_range(value);
        }
        const auto number = value.is_number_float() ? static_cast<int64_t>(value.get<double>())
                                                    : value.get<int64_t>();
        in_range(value, static_cast<double>(number));
        return number;
      }
      case FieldType::real: {
        if (!value.is_number()) fail_type(value);
        in_range(value, value.get<double>());
        return value.get<double>();
      }
      case FieldType::boolean:
        if (!value.is_boolean()) fail_type(value);
        return value;
      default:
        if (!value.is_string()) fail_type(value);
        choice(value.get<std::string>());
        return value;
    }
  }

  void in_range(const Json& value, double number) const {
    if (!std::isfinite(number) || number < field_.least || number > field_.greatest) {
      fail_range(value);
    }
  }

  [[noreturn]] void fail_range(const Json& value) const {
    fail(Code::out_of_range, where_, " is ", shown(value), "; allowed: ", range_text(field_));
  }

  void choice(const std::string& value) const {
    if (field_.choices.empty()) return;
    for (const std::string& each : field_.choices) {
      if (each == value) return;
    }
    fail(Code::out_of_range, where_, " is '", value, "'; allowed: ", join(field_.choices));
  }

  [[noreturn]] void fail_type(const Json& value) const {
    fail(Code::invalid_argument, where_, " must be of type ", name(field_.type), ", not ",
         shown(value));
  }

  const Field& field_;
  std::string where_;
};

Json parsed(const std::string& owner, const std::string& text) {
  Json given = Json::parse(text, nullptr, false);
  if (given.is_discarded()) {
    fail(Code::invalid_argument, "the fields of ", owner, " are not valid JSON");
  }
  if (!given.is_object()) {
    fail(Code::invalid_argument, "the fields of ", owner, " must be a JSON object, not ",
         shown(given));
  }
  return given;
}

template <typename T>
T get(const std::string& owner, const Json& values, const std::string& field) {
  check(values.contains(field), owner, " has no field '", field, "'");
  try {
    return values[field].get<T>();
  } catch (const Json::exception& error) {
    fail(Code::internal, owner, ".", field, ": ", error.what());
  }
}

}  // namespace

const char* name(FieldType type) {
  switch (type) {
    case FieldType::integer: return "integer";
    case FieldType::real: return "real";
    case FieldType::boolean: return "boolean";
    case FieldType::text: return "text";
    case FieldType::integer_list: return "integer list";
    case FieldType::real_list: return "real list";
    case FieldType::text_list: return "text list";
  }
  return "unknown";
}

nlohmann::ordered_json describe(const Field& field) {
  using Ordered = nlohmann::ordered_json;
  Ordered out = {{"name", field.name}, {"type", name(field.type)}, {"required", field.required()}};
  if (!field.required()) out["default"] = Ordered::parse(field.default_value);
  const bool whole = field.type == FieldType::integer || field.type == FieldType::integer_list;
  const auto put = [&out, whole](const char* key, double bound) {
    if (!std::isfinite(bound)) return;
    if (whole) {
      out[key] = static_cast<int64_t>(bound);
    } else {
      out[key] = bound;
    }
  };
  put("minimum", field.least);
  put("maximum", field.greatest);
  if (!field.choices.empty()) out["choices"] = field.choices;
  out["meaning"] = field.meaning;
  return out;
}

FieldValues::FieldValues(const std::string& owner, std::span<const Field> fields,
                         const std::string& json)
    : owner_(owner), values_(std::make_unique<Json>(Json::object())) {
  const Json given = parsed(owner, json.empty() ? "{}" : json);
  std::vector<std::string> names;
  for (const Field& field : fields) names.push_back(field.name);
  for (const auto& [key, value] : given.items()) {
    if (std::find(names.begin(), names.end(), key) == names.end()) {
      fail(Code::not_found, owner, " has no field '", key, "'", suggestion(key, names));
    }
  }
  for (const Field& field : fields) {
    const Validator validator(owner, field);
    if (given.contains(field.name)) {
      (*values_)[field.name] = validator.validated(given[field.name]);
    } else if (field.required()) {
      fail(Code::invalid_argument, owner, ".", field.name, " is required: ", field.meaning);
    } else {
      (*values_)[field.name] = validator.validated(Json::parse(field.default_value));
    }
  }
}

FieldValues::~FieldValues() = default;

FieldValues::FieldValues(const FieldValues& other)
    : owner_(other.owner_), values_(std::make_unique<Json>(*other.values_)) {}

FieldValues& FieldValues::operator=(const FieldValues& other) {
  owner_ = other.owner_;
  *values_ = *other.values_;
  return *this;
}

int64_t FieldValues::integer(const std::string& field) const {
  return get<int64_t>(owner_, *values_, field);
}
double FieldValues::real(const std::string& field) const {
  return get<double>(owner_, *values_, field);
}
bool FieldValues::boolean(const std::string& field) const {
  return get<bool>(owner_, *values_, field);
}
std::string FieldValues::text(const std::string& field) const {
  return get<std::string>(owner_, *values_, field);
}
std::vector<int64_t> FieldValues::integers(const std::string& field) const {
  return get<std::vector<int64_t>>(owner_, *values_, field);
}
std::vector<double> FieldValues::reals(const std::string& field) const {
  return get<std::vector<double>>(owner_, *values_, field);
}
std::vector<std::string> FieldValues::texts(const std::string& field) const {
  return get<std::vector<std::string>>(owner_, *values_, field);
}

std::string FieldValues::json() const { return values_->dump(); }

}  // namespace castalia
