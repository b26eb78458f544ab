// Sums of kernels over all pairs of rows, and from them the maximum mean discrepancy with its
// errors (Gretton et al., JMLR 13 (2012) 723).
#ifndef CASTALIA_CPP_REFEREE_KERNEL_SUMS_H_
#define CASTALIA_CPP_REFEREE_KERNEL_SUMS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {

struct Kernel {
  enum class Form { gaussian, polynomial, energy };
  Form form = Form::gaussian;
  std::string name;
  double width = 1;  // gaussian: exp(-|x - y|^2 / (2 width^2))
  double slope = 1;  // polynomial: (slope x.y + 1)^degree
  int degree = 3;    // energy: -|x - y|
};

// The estimate of MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y).
struct Discrepancy {
  double value = 0;        // unbiased
  double biased = 0;       // with the pairs of a row and itself (V-statistic)
  double error = 0;        // standard deviation of `value`
  double null_error = 0;   // the same if both distributions were equal
  double self_excess = 0;  // E k(x, x) - E k(x, x'), the mean of both samples
};

// One for each kernel. Inner products are those of the rows as they are, for the polynomial
// kernel. Errors: empty_data when one sample has fewer than two rows.
std::vector<Discrepancy> discrepancies(const Rows& generated, const Rows& reference,
                                       std::span<const Kernel> kernels, Work& work);

// The median distance between two rows of both samples together, from at most 1000 rows drawn with
// the seed; 1 when half of all distances are zero.
double median_distance(const Rows& a, const Rows& b, uint64_t seed);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_KERNEL_SUMS_H_
