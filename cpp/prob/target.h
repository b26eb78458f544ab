// Target densities: what a model is trained to follow where there are no events of it, and what its
// events are weighed by. Of any norm, computed on the host.
#ifndef CASTALIA_CPP_PROB_TARGET_H_
#define CASTALIA_CPP_PROB_TARGET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace castalia {

// Points to judge, row-major, and room for the answers.
struct TargetRequest {
  int64_t rows = 0;
  std::span<const double> x;        // (rows, features)
  std::span<const double> context;  // (rows, context features), or empty
  std::span<double> log_density;    // (rows): minus infinity where the density is zero
  std::span<double> gradient;       // (rows, features): of log_density with respect to x; or empty
};

// May be shared; asked by one thread at a time, which is the one that called the library.
class Target {
 public:
  virtual ~Target() = default;

  virtual int64_t features() const = 0;
  virtual bool has_gradient() const = 0;
  // What a checkpoint knows it by. A function of the user's has no other name than "callback".
  virtual std::string identity() const = 0;
  // The logarithm of the density's integral, where it is known.
  virtual std::optional<double> log_integral() const { return {}; }
  virtual void evaluate(const TargetRequest& request) = 0;
};

// Evaluates and checks. Errors: unsupported (a gradient of a target without); not_finite with the
// row, counted from `first_row`, and its point, where the answer is NaN or plus infinity or the
// gradient is not finite; and what the target itself fails with.
void evaluate_target(Target& target, const TargetRequest& request, int64_t first_row = 0);

// The targets that are built in, for tests and comparisons, whose integrals are known. Errors:
// not_found (with the nearest name), those of FieldValues, shape_mismatch (lists that do not fit).
std::shared_ptr<Target> make_target(const std::string& name, const std::string& settings_json);

// A list of objects {name, summary, references, fields}.
std::string targets_json();

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_TARGET_H_
