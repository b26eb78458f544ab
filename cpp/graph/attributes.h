// The constants of a node: names with values, in the order of their names.
#ifndef CASTALIA_CPP_GRAPH_ATTRIBUTES_H_
#define CASTALIA_CPP_GRAPH_ATTRIBUTES_H_

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace castalia {

class Graph;

// A graph is the body of an operator that evaluates one, as often as it needs.
using Attribute = std::variant<int64_t, double, std::string, std::vector<int64_t>,
                               std::vector<double>, std::shared_ptr<const Graph>>;

class Attributes {
 public:
  Attributes() = default;
  Attributes(std::initializer_list<std::pair<const std::string, Attribute>> values)
      : values_(values) {}

  bool has(const std::string& name) const { return values_.count(name) > 0; }
  void set(const std::string& name, Attribute value) { values_[name] = std::move(value); }

  // An Error (internal) when the attribute is missing or of another type.
  int64_t integer(const std::string& name) const;
  double real(const std::string& name) const;
  const std::string& string(const std::string& name) const;
  const std::vector<int64_t>& integers(const std::string& name) const;
  const std::vector<double>& reals(const std::string& name) const;
  const std::shared_ptr<const Graph>& graph(const std::string& name) const;

  bool operator==(const Attributes& other) const = default;
  const std::map<std::string, Attribute>& values() const { return values_; }

 private:
  const Attribute& at(const std::string& name) const;
  std::map<std::string, Attribute> values_;
};

std::ostream& operator<<(std::ostream& out, const Attributes& attributes);  // "{axis=1, scale=0.5}"

}  // namespace castalia

#endif  // CASTALIA_CPP_GRAPH_ATTRIBUTES_H_
