#include "models/adversarial/lagan/pixel_scale.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/cell_energies.h"

namespace castalia {
namespace {

// Softened pixels end here: the exponential of a broken network's numbers is no pixel.
constexpr double kGreatestRead = 3;

}  // namespace

PixelScale::PixelScale(int64_t pixels, double softness, double threshold)
    : pixels_(pixels), softness_(softness), threshold_(threshold) {}

void PixelScale::fit(std::span<const double> x) {
  check(x, 0);
  brightest_ = 1;
  if (x.empty()) return;
  const auto pixels = static_cast<size_t>(pixels_);
  double sum = 0;
  for (size_t first = 0; first < x.size(); first += pixels) {
    const double brightest = std::ranges::max(x.subspan(first, pixels));
    sum += brightest < threshold_ ? 0 : brightest;
  }
  if (sum == 0) {
    fail(Code::invalid_argument, "x has no image with a pixel above ", threshold_);
  }
  brightest_ = sum / static_cast<double>(x.size() / pixels);
}

void PixelScale::check(std::span<const double> x, int64_t first_row) const {
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i]) && x[i] >= 0) continue;
    const auto index = static_cast<int64_t>(i);
    const int64_t row = first_row + index / pixels_;
    const int64_t column = index % pixels_;
    if (!std::isfinite(x[i])) {
      fail(Code::not_finite, "x row ", row, ", column ", column, ": the value is ", x[i]);
    }
    fail(Code::out_of_range, "x row ", row, ", column ", column, ": the value is ", x[i],
         "; pixels are 0 or above");
  }
}

Value PixelScale::read(Value pixels) const {
  const Value of_brightest = above_threshold(pixels, threshold_) * (1 / brightest_);
  if (softness_ == 0) return of_brightest;
  return log1p(of_brightest * (1 / softness_)) * (1 / std::log1p(1 / softness_));
}

Value PixelScale::pixels(Value read) const {
  if (softness_ == 0) return above_threshold(read * brightest_, threshold_);
  const Value greatest = read.graph().scalar(kGreatestRead, DType::float64);
  return above_threshold(
      softness_ * brightest_ * expm1(std::log1p(1 / softness_) * minimum(read, greatest)),
      threshold_);
}

}  // namespace castalia
