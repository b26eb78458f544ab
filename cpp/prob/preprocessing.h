// What is done to the columns of the data before a network sees them, and undone after.
//
// Each column has a chain of steps, written as text: "breit_wigner(91.1876, 2.4952); standardise".
// A chain is a smooth map with a smooth inverse, so a density of what comes out is a density of
// what went in: the log-determinant is part of the model. The steps:
//
//   standardise                      (x - mean) / deviation, both fitted
//   affine(shift, scale)             (x - shift) / scale
//   interval(low, high)              [low, high] onto [-1, 1]; without arguments the least and the
//                                    greatest value of the data are used
//   log(offset)                      log(x + offset); the offset is 0 if left out; x > -offset
//   logit(low, high)                 log((x - low) / (high - x)); low < x < high
//   angle(centre)                    x wrapped to [-pi, pi) about the centre, then stretched over
//                                    the real line as logit does; comes back in that interval.
//                                    Without arguments the centre is the circular mean of the data
//   breit_wigner(mass, width)        the arctangent that makes a resonance flat, then stretched
//                                    over the real line as logit does
//   breit_wigner(mass, width, low, high)   the same for low < x < high
//   sigmoid                          1 / (1 + exp(-x)), the real line onto (0, 1): behind angle or
//                                    breit_wigner it gives a bounded variable
//   none                             nothing; an empty text is the same
//
// Everything is float64. A step that ends on the real line maps its inverse's input beyond +-33,
// where float64 cannot tell the bound from its neighbour, to the value at +-33.
#ifndef CASTALIA_CPP_PROB_PREPROCESSING_H_
#define CASTALIA_CPP_PROB_PREPROCESSING_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

// One step of a column's chain.
struct PreprocessingStep {
  // What the step computes with its constants; several steps share the affine kind.
  //   affine: shift, scale;  log: offset;  logit: low, high;  angle: centre;
  //   breit_wigner: mass, width / 2, arctangent of the lower and of the upper bound;  sigmoid: none
  enum class Kind { affine, log, logit, angle, breit_wigner, sigmoid };

  Kind kind = Kind::affine;
  std::string name;               // as written: "standardise"
  std::vector<double> arguments;  // as written
  std::vector<double> constants;  // empty until fitted

  // The open interval that the step takes; infinite bounds where it takes everything.
  std::pair<double, double> domain() const;
  double forward(double x) const;
  std::string text() const;  // "log(1)"
};

class Preprocessing {
 public:
  // What is fitted to a column that is constant: an error, or the shift alone.
  enum class Constant { error, shifted };

  // An empty list of chains means "standardise" for every column. `what` names the data in
  // messages. Errors: not_found (unknown step, with the nearest name), invalid_argument
  // (arguments), shape_mismatch (the number of chains).
  Preprocessing(int64_t columns, std::span<const std::string> chains, std::string what,
                Constant constant = Constant::error);

  int64_t columns() const { return static_cast<int64_t>(chains_.size()); }

  // Fits what is fitted from data, row-major (rows, columns). Errors: empty_data; not_finite and
  // out_of_range with row and column, counted from 0, or with the column whose spread no float64
  // holds; invalid_argument for a column that is constant.
  void fit(std::span<const double> data);
  // Where there are no data: what would be fitted leaves the values as they are, and an angle is
  // centred at 0.
  void fit_without_data();
  bool fitted() const;

  // An Error as for fit() when a row cannot be preprocessed. The first row is named `first_row`.
  // When a limit is given, the preprocessed values must lie in [-limit, limit], and
  // always, where the value itself is beyond 1e9, in [-1e15, 1e15]: what is computed of larger ones
  // in float32 overflows.
  void check(std::span<const double> data, int64_t first_row = 0, double limit = 0) const;

  struct Traced {
    Value values;                 // float64 (rows, columns)
    Value log_det;                // float64 (rows, 1); null when it is the same for every row:
    double constant_log_det = 0;  // to be added to log_det
  };
  // Data to preprocessed data and back; x and y are float64 (rows, columns). The log-determinants
  // are of the map that is traced.
  Traced forward(Value x) const;
  Traced inverse(Value y) const;

  // {"columns": [[{"step": "log", "arguments": [1.0], "constants": [1.0]}, ...], ...]}
  std::string json() const;
  // An Error (corrupt_file) when the text is not of that form or has another number of columns.
  void set_json(const std::string& json);

 private:
  std::vector<std::vector<PreprocessingStep>> chains_;
  std::string what_;
  Constant constant_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_PREPROCESSING_H_
