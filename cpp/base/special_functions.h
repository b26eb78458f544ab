// Functions of the gamma family that the C++ library lacks, or has with hidden state. Any thread.
#ifndef CASTALIA_CPP_BASE_SPECIAL_FUNCTIONS_H_
#define CASTALIA_CPP_BASE_SPECIAL_FUNCTIONS_H_

namespace castalia {

// log |gamma(x)|. std::lgamma writes the sign to a global variable, which is a data race.
double log_gamma(double x);
float log_gamma(float x);

// The derivative of log gamma(x). -inf and inf at 0 and -0, NaN at negative whole numbers.
double digamma(double x);

// The derivative of digamma of this order: digamma for 0, trigamma for 1. NaN unless the order is a
// whole number from 0 to 170 (the factorial overflows beyond). At poles inf for odd orders and NaN
// for even ones, where the sign changes. Relative error about 1e-14, for negative x away from
// roots.
double polygamma(double order, double x);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_SPECIAL_FUNCTIONS_H_
