#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/monotone_cuda.h"

namespace castalia {
namespace {

struct SquaredMapNumbers {};

// y = shift + scale x + bend / (1 + z^2), z = inner x + place (arXiv:1901.10548).
class SquaredMapCurve {
 public:
  using Settings = SquaredMapNumbers;

  CASTALIA_ANYWHERE void read(const Settings&, const double* row) {
    shift_ = cuda::within_limit(row[0], kLargestArgument);
    scale_ = cuda::scale_of_raw(row[1]);
    inner_ = cuda::scale_of_raw(row[2]);
    const double share = std::tanh(cuda::within_limit(row[3], kLargestRaw));
    bend_ = kBendScale * kLargestBend * share * (scale_ / inner_);
    place_ = cuda::within_limit(row[4], kLargestArgument);
  }
  CASTALIA_ANYWHERE cuda::MonotonePoint at(double x) const {
    const double z = cuda::within_limit(std::fma(inner_, x, place_), kLargestBendPlace);
    const double hill = 1 / std::fma(z, z, 1.0);
    const double slope = -2 * z * (hill * hill) * inner_;
    return {std::fma(bend_, hill, std::fma(scale_, x, shift_)), std::fma(bend_, slope, scale_)};
  }
  // The hill lies between 0 and 1.
  CASTALIA_ANYWHERE double solve(double y) const {
    const double low = (y - shift_ - (bend_ > 0 ? bend_ : 0)) / scale_;
    const double high = (y - shift_ - (bend_ < 0 ? bend_ : 0)) / scale_;
    return cuda::bracketed_root(*this, y, low, high);
  }

 private:
  double shift_, scale_, inner_, bend_, place_;
};

}  // namespace

void squared_map_cuda_kernels(KernelTable& table) {
  cuda::add_monotone_kernels<SquaredMapCurve>(
      table, "squared_map", [](const Attributes&) { return SquaredMapNumbers{}; });
}

}  // namespace castalia
