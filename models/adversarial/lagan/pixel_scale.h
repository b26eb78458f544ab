// How a network reads the pixels of images.
#ifndef CASTALIA_MODELS_ADVERSARIAL_LAGAN_PIXEL_SCALE_H_
#define CASTALIA_MODELS_ADVERSARIAL_LAGAN_PIXEL_SCALE_H_

#include <cstdint>
#include <span>

#include "cpp/graph/graph.h"

namespace castalia {

// With x a pixel, in any unit, and c the mean over the images of the data of their brightest pixel,
// a network reads x / c, or with a softness s
//   y = log(1 + x / (s c)) / log(1 + 1 / s),
// which shows it pixels much dimmer than c. Both go through 0, so that an empty pixel is one that a
// rectifier has shut, and through 1 at c.
class PixelScale {
 public:
  // Pixels below the threshold count as empty.
  PixelScale(int64_t pixels, double softness, double threshold);

  // x is row-major (rows, pixels). Errors: those of check(); invalid_argument where all pixels are
  // empty. Without data c is 1.
  void fit(std::span<const double> x);
  // An Error, with row (the first is named first_row) and column, counted from 0: not_finite;
  // out_of_range for pixels below 0.
  void check(std::span<const double> x, int64_t first_row) const;

  double brightest() const { return brightest_; }  // c; 0 before it is fitted
  void set_brightest(double value) { brightest_ = value; }

  // Float64, of one shape. What lies below the threshold is 0 on either side.
  Value read(Value pixels) const;
  Value pixels(Value read) const;

 private:
  int64_t pixels_;
  double softness_;
  double threshold_;
  double brightest_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_LAGAN_PIXEL_SCALE_H_
