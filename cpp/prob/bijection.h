// Bijections of whole vectors: the layers that normalising flows are made of.
//
// A folder cpp/prob/bijections/<name> is a bijection: its bijection.cc defines `const
// BijectionKind& <name>_bijection()`. The registry of all is generated from the folders.
#ifndef CASTALIA_CPP_PROB_BIJECTION_H_
#define CASTALIA_CPP_PROB_BIJECTION_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/prob/transformer.h"

namespace castalia {

// A map of vectors onto vectors, one a row. Vectors are (rows, features) of the trace's type, the
// context (rows, context features) of the same, or null. Both directions give vectors and the
// logarithm of the determinant of their own Jacobian, float64 (rows, 1). Parameters have the same
// names in both. Shared by threads that trace.
class Bijection {
 public:
  virtual ~Bijection() = default;
  virtual Mapped forward(Trace& trace, Value x, Value context) const = 0;
  virtual Mapped inverse(Trace& trace, Value y, Value context) const = 0;
};

// Where a bijection stands.
struct BijectionPlace {
  int64_t features = 1;
  int64_t context_features = 0;
  // With tails "none" the vectors lie in a box, which must be mapped onto itself.
  TransformerDomain domain = {};
  uint64_t seed = 0;    // of what is drawn once
  uint64_t number = 0;  // of the bijection in its flow: bijections of one seed draw differently
};

// A place and settings for the laws to run on.
struct BijectionExample {
  std::string settings = "{}";  // JSON
  int64_t features = 3;
  int64_t context_features = 0;
  std::string tails = "linear";
};

struct BijectionKind {
  std::string name;                             // "lu_linear"
  std::string summary;                          // one line
  std::vector<std::string> references = {};     // arXiv numbers
  std::vector<Field> fields = {};               // its settings
  std::vector<std::string> tails = {"linear"};  // of the domains that it can map onto themselves
  bool conditional = false;                     // depends on the context where there is one
  // Whether a direction is a formula; else it is an iteration, whose gradient is that of the
  // function that it solves for.
  bool analytic_forward = true;
  bool analytic_inverse = true;
  // Errors name `owner`, whose settings they are, and the field that does not fit.
  std::unique_ptr<const Bijection> (*make)(const std::string& owner, const FieldValues& values,
                                           const BijectionPlace& place) = nullptr;
  // Together they use every branch: the laws run on each.
  std::vector<BijectionExample> examples = {};
};

// All bijections, in the order of their names. Lives for the whole program.
std::span<const BijectionKind* const> bijections();
// By name; an Error (not_found) with the nearest name otherwise.
const BijectionKind& find_bijection(const std::string& name);

// A bijection and what it is one of.
struct MadeBijection {
  const BijectionKind* kind;
  std::unique_ptr<const Bijection> map;
};

// From a name and settings, "act_norm" or "coupling(hidden=64, activation=silu)". Settings that are
// left out have their defaults. Errors name `owner`: not_found (an unknown name or setting, with
// the nearest), invalid_argument (not of this form; a value of another type, or one that does not
// go with the others or with the place), out_of_range.
MadeBijection make_bijection(const std::string& owner, const std::string& text,
                             const BijectionPlace& place);

// A list of objects {name, summary, references, conditional, analytic_forward, analytic_inverse,
// tails, fields}.
std::string bijections_json();

// A log-determinant that is the same for all rows, of shape [] or (1, 1), for each row of x.
Value for_each_row(Value log_det, Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_BIJECTION_H_
