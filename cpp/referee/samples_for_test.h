// Samples that tests of metrics draw: correlated, skewed columns with many zeros, as showers have.
#ifndef CASTALIA_CPP_REFEREE_SAMPLES_FOR_TEST_H_
#define CASTALIA_CPP_REFEREE_SAMPLES_FOR_TEST_H_

#include <cmath>
#include <cstdint>
#include <random>
#include <span>

#include "cpp/referee/metric.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

// A data set whose rows are still to be added.
inline Dataset empty_dataset(int64_t rows, int64_t features, int64_t context_features = 0) {
  Dataset out;
  out.rows = rows;
  out.features = features;
  out.context_features = context_features;
  return out;
}

inline Dataset normal_sample(int64_t rows, int64_t columns, uint64_t seed, double mean = 0,
                             double deviation = 1) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, deviation);
  Dataset out = empty_dataset(rows, columns);
  for (int64_t i = 0; i < rows * columns; ++i) out.x.push_back(normal(random));
  return out;
}

// An energy in the context is shared out over columns that fluctuate together; small shares are
// zero. One event in five is of another mode, whose profile runs the other way.
inline Dataset shower_sample(int64_t rows, int64_t columns, uint64_t seed, double scale = 1,
                             bool second_mode = true) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  Dataset out = empty_dataset(rows, columns, 1);
  for (int64_t row = 0; row < rows; ++row) {
    const double energy = 10 + 5 * uniform(random);
    const bool other = uniform(random) < 0.2 && second_mode;
    const double depth = 0.3 + 0.05 * normal(random);
    out.context.push_back(energy);
    for (int64_t j = 0; j < columns; ++j) {
      double place = (static_cast<double>(j) + 0.5) / static_cast<double>(columns);
      if (other) place = 1 - place;
      const double profile = std::exp(-std::abs(place - depth) * 6);
      const double share = profile * std::exp(0.05 * normal(random));
      out.x.push_back(share < 0.05 ? 0.0 : energy * share * scale);
    }
  }
  return out;
}

inline Judgement judge_pair(const char* metric, const Dataset& generated, const Dataset& reference,
                            const char* options = "", uint64_t seed = 1, int threads = 1) {
  ThreadPool pool(threads);
  Work work{.pool = pool, .seed = seed};
  return judge(find_metric(metric), {&generated, &reference}, options, work);
}

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_SAMPLES_FOR_TEST_H_
