// Named values with types, defaults and ranges: what a user may set. Declared as a table of fields;
// the checks, error texts and documentation follow from it.
#ifndef CASTALIA_CPP_BASE_FIELDS_H_
#define CASTALIA_CPP_BASE_FIELDS_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

namespace castalia {

enum class FieldType { integer, real, boolean, text, integer_list, real_list, text_list };
const char* name(FieldType type);  // "integer", "text list"

struct Field {
  std::string name;
  FieldType type = FieldType::integer;
  // The default as JSON text; empty when the field is required.
  std::string default_value;
  // One line: what it means, with units where it has any.
  std::string meaning;
  // Allowed range of a number, or of each of a list; both ends included.
  double least = -std::numeric_limits<double>::infinity();
  double greatest = std::numeric_limits<double>::infinity();
  // Allowed values of a text; all when empty.
  std::vector<std::string> choices = {};

  bool required() const { return default_value.empty(); }
};

// {name, type, required, default, minimum, maximum, choices, meaning} with what applies.
nlohmann::ordered_json describe(const Field& field);

// A value of its type, in its range, for every field of a table.
class FieldValues {
 public:
  // Takes a JSON object, or empty text for the defaults; fields that it lacks get their defaults.
  // `owner` is named in errors: not_found (unknown field, with the nearest name), invalid_argument
  // (not an object, wrong type, a required field missing), out_of_range (with the allowed range or
  // choices).
  FieldValues(const std::string& owner, std::span<const Field> fields, const std::string& json);
  ~FieldValues();
  FieldValues(const FieldValues& other);
  FieldValues& operator=(const FieldValues& other);

  // An Error (internal) when there is no such field of that type.
  int64_t integer(const std::string& field) const;
  double real(const std::string& field) const;
  bool boolean(const std::string& field) const;
  std::string text(const std::string& field) const;
  std::vector<int64_t> integers(const std::string& field) const;
  std::vector<double> reals(const std::string& field) const;
  std::vector<std::string> texts(const std::string& field) const;

  // The whole object, fields in the order of their names.
  std::string json() const;

 private:
  std::string owner_;
  std::unique_ptr<nlohmann::json> values_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_FIELDS_H_
