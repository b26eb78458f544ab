// What normalize and its gradient share on a device: x (rows, positions, groups, width), where the
// positions * width elements of a row and group, a "set", have one mean and one variance.
#ifndef CASTALIA_CPP_OPS_NORMALIZE_ROWS_CUDA_H_
#define CASTALIA_CPP_OPS_NORMALIZE_ROWS_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

struct NormalizedSets {
  struct Statistics {
    double mean;
    double inverse_deviation;

    CASTALIA_ANYWHERE double normalized(double x) const { return (x - mean) * inverse_deviation; }
  };

  int64_t rows;
  int64_t positions;
  int64_t groups;
  int64_t width;
  bool centred;
  double epsilon;

  explicit NormalizedSets(const KernelRequest& request)
      : rows(request.inputs[0].shape[0]),
        positions(request.inputs[0].shape[1]),
        groups(request.inputs[0].shape[2]),
        width(request.inputs[0].shape[3]),
        centred(request.attributes.integer("centred") != 0),
        epsilon(request.attributes.real("epsilon")) {}

  CASTALIA_ANYWHERE int64_t count() const { return rows * groups; }
  CASTALIA_ANYWHERE int64_t elements() const { return positions * width; }  // of a set
  CASTALIA_ANYWHERE int64_t channels() const { return groups * width; }
  // f(where it lies, its channel) for every element of a set, shared out among the threads.
  template <typename F>
  CASTALIA_ANYWHERE void each(const Block& block, F f) const {
    const int64_t first_channel = block.index % groups * width;
    const int64_t first = block.index / groups * positions * channels();
    if (positions == 1) {
      block.each(width, [&](int64_t i) { f(first + first_channel + i, first_channel + i); });
      return;
    }
    block.each(elements(), [&](int64_t i) {
      const int64_t channel = first_channel + i % width;
      f(first + i / width * channels() + channel, channel);
    });
  }

  // Of the block's set; every thread gets them.
  template <typename T>
  CASTALIA_ANYWHERE Statistics statistics(const Block& block, const T* x) const {
    const auto add = [](double a, double b) { return a + b; };
    const double inverse_count = 1.0 / static_cast<double>(elements());
    double mean = 0;
    if (centred) {
      each(block, [&](int64_t at, int64_t) { mean += static_cast<double>(x[at]); });
      mean = block.reduce(mean, add) * inverse_count;
    }
    double squares = 0;
    each(block, [&](int64_t at, int64_t) {
      const double difference = static_cast<double>(x[at]) - mean;
      squares += difference * difference;
    });
    squares = block.reduce(squares, add) * inverse_count;
    return {mean, 1 / std::sqrt(squares + epsilon)};
  }
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_NORMALIZE_ROWS_CUDA_H_
