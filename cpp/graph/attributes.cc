#include "cpp/graph/attributes.h"

#include <iomanip>
#include <ostream>

#include "cpp/base/status.h"

namespace castalia {
namespace {

template <typename T>
const T& get(const Attribute& attribute, const std::string& name) {
  const T* value = std::get_if<T>(&attribute);
  check(value != nullptr, "attribute '", name, "' is of another type");
  return *value;
}

void print(std::ostream& out, int64_t value) { out << value; }
// All digits: the text of an attribute identifies it.
void print(std::ostream& out, double value) { out << std::setprecision(17) << value; }
void print(std::ostream& out, const std::string& value) { out << std::quoted(value); }
void print(std::ostream& out, const std::shared_ptr<const Graph>& value) {
  out << "graph at " << value.get();
}

template <typename T>
void print(std::ostream& out, const std::vector<T>& values) {
  out << '[';
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out << ", ";
    print(out, values[i]);
  }
  out << ']';
}

}  // namespace

const Attribute& Attributes::at(const std::string& name) const {
  const auto found = values_.find(name);
  check(found != values_.end(), "no attribute '", name, "'");
  return found->second;
}

int64_t Attributes::integer(const std::string& name) const { return get<int64_t>(at(name), name); }
double Attributes::real(const std::string& name) const { return get<double>(at(name), name); }
const std::string& Attributes::string(const std::string& name) const {
  return get<std::string>(at(name), name);
}
const std::vector<int64_t>& Attributes::integers(const std::string& name) const {
  return get<std::vector<int64_t>>(at(name), name);
}
const std::vector<double>& Attributes::reals(const std::string& name) const {
  return get<std::vector<double>>(at(name), name);
}
const std::shared_ptr<const Graph>& Attributes::graph(const std::string& name) const {
  return get<std::shared_ptr<const Graph>>(at(name), name);
}

std::ostream& operator<<(std::ostream& out, const Attributes& attributes) {
  out << '{';
  const char* separator = "";
  for (const auto& [name, value] : attributes.values()) {
    out << separator << name << '=';
    std::visit([&](const auto& v) { print(out, v); }, value);
    separator = ", ";
  }
  return out << '}';
}

}  // namespace castalia
