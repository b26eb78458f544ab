// Limits inside monotone maps of one number, which keep every result and every derivative finite in
// float32: what an operator's definition, its reference and its kernel agree on.
#ifndef CASTALIA_CPP_BASE_MONOTONE_LIMITS_H_
#define CASTALIA_CPP_BASE_MONOTONE_LIMITS_H_

namespace castalia {

// Arguments, shifts and means are brought to +- this.
inline constexpr double kLargestArgument = 1e15;
// Raw parameters of all other kinds.
inline constexpr double kLargestRaw = 1e4;
// Logarithms of scales are raw / (1 + |raw| / this): scales lie between 1e-3 and 1e3.
inline constexpr double kLargestLogScale = 6.907755278982137;
// Raw numbers before softplus.
inline constexpr double kLargestSoftplusRaw = 60;
// Coefficients of polynomials.
inline constexpr double kLargestCoefficient = 1e3;

// With raw parameters of zero the members of a sum must differ, or they would learn the same for
// ever: member k of `count` starts with so much, spread evenly over [-width, width].
constexpr double start_of_member(int k, int count, double width) {
  return count == 1 ? 0.0 : width * (2.0 * k / (count - 1) - 1.0);
}
// The widths: of sigmoids' means, of the linear coefficients of polynomials.
inline constexpr double kMeanSpread = 0.5;
inline constexpr double kSlopeSpread = 0.2;

// The squared map's largest bend, relative to what would make it flat at one point.
inline constexpr double kLargestBend = 0.95;
// 8 sqrt(3) / 9, the inverse of the largest slope of -1 / (1 + z^2).
inline constexpr double kBendScale = 1.5396007178390020;
// Beyond this 1 / (1 + z^2) and its slope are below all roundings.
inline constexpr double kLargestBendPlace = 1e6;

// Hidden units of the unconstrained map, on the domain as [-1, 1]: slope kUnitSlope + a number
// within +-kUnitSlopeRange, centres spread over it, offsets within +-kUnitOffsetRange.
inline constexpr double kUnitSlope = 2;
inline constexpr double kUnitSlopeRange = 6;
inline constexpr double kUnitOffsetRange = 8;

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_MONOTONE_LIMITS_H_
