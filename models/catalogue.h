// The architectures that can be made, and how they are described.
//
// A folder models/<family>/<architecture>/ is one architecture: its model.cc defines
// `const Architecture& <architecture>_architecture()`. The registry of all is generated from the
// folders when the library is built.
#ifndef CASTALIA_MODELS_CATALOGUE_H_
#define CASTALIA_MODELS_CATALOGUE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/fields.h"
#include "cpp/nn/network.h"

namespace castalia {

struct Architecture;

// The fields of an architecture with their values. Making one is checking it (cpp/base/fields.h).
class Specification : public FieldValues {
 public:
  Specification(const Architecture& architecture, const std::string& json);

  const Architecture& architecture() const { return *architecture_; }

  // The fields dtype and seed, which every architecture has.
  DType dtype() const { return text("dtype") == "float64" ? DType::float64 : DType::float32; }
  uint64_t seed() const { return static_cast<uint64_t>(integer("seed")); }

  // The same with one field changed, checked again; the value is JSON text.
  Specification with(const std::string& field, const std::string& value) const;

 private:
  const Architecture* architecture_;
};

struct Architecture {
  std::string name;         // "coupling_flow"
  std::string family;       // "flow"
  std::string summary;      // one line
  std::string description;  // some sentences
  std::vector<Field> fields;
  std::vector<Capability> capabilities;
  std::vector<std::string> references;  // arXiv numbers: "1906.04032"

  // Makes the network. Errors name the fields whose values do not go together.
  std::function<std::unique_ptr<Network>(const Specification&)> build;
  // Small specifications (JSON) that together use every branch: the laws run on each.
  std::vector<std::string> examples;
  // Data are 0 or above and contexts above 0, as energies are: the laws' events are made so.
  bool positive = false;
  // Where not all numbers are an event: makes one of a row of numbers, for the laws.
  std::function<void(const Specification&, std::span<double>)> make_event = nullptr;
  // The same for contexts.
  std::function<void(const Specification&, std::span<double>)> make_context = nullptr;

  bool can(Capability capability) const;
};

const char* name(Capability capability);  // "log_prob"
// The architecture's capability of this name; an Error (not_found) with the nearest one otherwise.
Capability find_capability(const Architecture& architecture, const std::string& name);

// The fields of an architecture and those that every one has: dtype, seed, and the names and units
// of the columns, which are kept with the model for its users.
std::vector<Field> with_common_fields(std::vector<Field> own);

// All architectures, in the order of their names. Lives for the whole program.
std::span<const Architecture* const> catalogue();
// By name; an Error (not_found) with the nearest name otherwise.
const Architecture& find_architecture(const std::string& name);

// A list of objects {name, family, summary, description, fields, capabilities, references}; fields
// as describe(const Field&) gives them.
std::string catalogue_json();
std::string architecture_json(const Architecture& architecture);

}  // namespace castalia

#endif  // CASTALIA_MODELS_CATALOGUE_H_
