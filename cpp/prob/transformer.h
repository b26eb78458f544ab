// Transformers: monotone maps of one number, with parameters of their own for every element, which
// a network computes (a coupling's or an autoregressive layer's conditioner) or which are learned.
//
// A folder cpp/prob/transformers/<name> is a transformer: its transformer.cc defines `const
// TransformerKind& <name>_transformer()`. The registry of all is generated from the folders.
#ifndef CASTALIA_CPP_PROB_TRANSFORMER_H_
#define CASTALIA_CPP_PROB_TRANSFORMER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// What a bijection gives: its value and the logarithm of its derivative, element by element or of a
// whole row.
struct Mapped {
  Value value;
  Value log_abs_det;
};

// Sums the log-derivatives of a row's elements, in float64: (rows, 1).
Value row_total(Value log_abs_det);
// The sum of two log-determinants, of which the first may be null.
Value added(Value log_det, Value term);

// Where a transformer acts.
struct TransformerDomain {
  // "linear": the whole line; a map of an interval continues as the identity. "none": the interval
  // alone, onto itself. "circular": the interval, whose ends are one point.
  std::string tails = "linear";
  double lower = -5;
  double upper = 5;
};

// A transformer with its settings: two operators of the same form. Each takes arguments (rows,
// features) and parameters (rows, features * parameters()), feature by feature, and gives values
// and the logarithms of the derivatives, (rows, features) both, of its own direction.
class Transformer {
 public:
  // With `implicit` the operator `inverse` has no gradient of its own: its result solves
  // forward(x) = y, and gradients come from that.
  Transformer(const Operator& forward, const Operator& inverse, Attributes attributes,
              int64_t parameters, bool implicit = false)
      : forward_(&forward),
        inverse_(&inverse),
        attributes_(std::move(attributes)),
        parameters_(parameters),
        implicit_(implicit) {}

  // Numbers for each element. All zero, they give the identity or a map close to it.
  int64_t parameters() const { return parameters_; }
  Mapped forward(Value x, Value params) const {
    return inverted_ ? undone(x, params) : done(x, params);
  }
  Mapped inverse(Value y, Value params) const {
    return inverted_ ? done(y, params) : undone(y, params);
  }

  // The same with its directions exchanged: its forward is the inverse of this one, with the same
  // parameters.
  Transformer inverted() const {
    Transformer other = *this;
    other.inverted_ = !inverted_;
    return other;
  }

  const Operator& forward_operator() const { return inverted_ ? *inverse_ : *forward_; }
  const Operator& inverse_operator() const { return inverted_ ? *forward_ : *inverse_; }
  const Attributes& attributes() const { return attributes_; }

 private:
  Mapped done(Value x, Value params) const;
  Mapped undone(Value y, Value params) const;

  const Operator* forward_;
  const Operator* inverse_;
  Attributes attributes_;
  int64_t parameters_;
  bool implicit_;
  bool inverted_ = false;
};

struct TransformerKind {
  std::string name;                     // "rational_quadratic_spline"
  std::string summary;                  // one line
  std::vector<std::string> references;  // arXiv numbers
  // Its settings. A field that several transformers have is the same field.
  std::vector<Field> fields;
  std::vector<std::string> tails;  // those it can have
  // Values of the fields, which may be among others. Errors name fields that do not go together.
  Transformer (*make)(const FieldValues& values, const TransformerDomain& domain) = nullptr;
  // Settings (JSON) that together use every branch: the laws run on each.
  std::vector<std::string> examples = {"{}"};
};

// All transformers, in the order of their names. Lives for the whole program.
std::span<const TransformerKind* const> transformers();
// By name; an Error (not_found) with the nearest name otherwise.
const TransformerKind& find_transformer(const std::string& name);

// The field "min_derivative", which several transformers have.
Field min_derivative_field();

// The field "transformer" and the fields of all of them, for the table of a model.
std::vector<Field> transformer_fields(const std::string& default_name);

// The transformer that the values of such a table ask for. Errors (invalid_argument) name a field
// that the transformer does not have and that is not at its default, and tails that it cannot have;
// `owner` is whose fields they are.
Transformer make_transformer(const std::string& owner, const FieldValues& values,
                             const TransformerDomain& domain);

// A list of objects {name, summary, references, fields, tails}.
std::string transformers_json();

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_TRANSFORMER_H_
