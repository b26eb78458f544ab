// The settings that all monotone splines share, and what they give.
#ifndef CASTALIA_CPP_OPS_SPLINE_OPTIONS_H_
#define CASTALIA_CPP_OPS_SPLINE_OPTIONS_H_

#include <cstdint>
#include <string>

#include "cpp/graph/graph.h"

namespace castalia {

// A monotone spline maps [lower, upper] onto itself, through `bins` pieces.
struct SplineOptions {
  int64_t bins = 8;
  double lower = -5;
  double upper = 5;
  // What happens outside [lower, upper]: "linear" is the identity; "none" is for data that lie
  // inside: what does not is taken for the nearest bound. "circular" is for periodic data, of which
  // lower and upper are one point (arXiv:2002.02428): arguments are brought inside by whole
  // periods, and the derivative is the same at both bounds. Rational splines alone have it.
  std::string tails = "linear";
  // Floors: of a bin's width and height as fractions of upper - lower, and of the derivatives.
  double min_width = 1e-3;
  double min_height = 1e-3;
  double min_derivative = 1e-3;

  Attributes attributes() const;
};

struct Spline {
  Value value;        // (rows, features)
  Value log_abs_det;  // (rows, features): the logarithm of the derivative of each element
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_OPTIONS_H_
