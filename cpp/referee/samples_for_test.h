// Samples that tests of metrics draw: correlated, skewed columns with many zeros, as showers have.
#ifndef CASTALIA_CPP_REFEREE_SAMPLES_FOR_TEST_H_
#define CASTALIA_CPP_REFEREE_SAMPLES_FOR_TEST_H_

#include <algorithm>
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

// Jets in the layout of JetNet, of up to that many particles; `width` scales their angles.
inline Dataset jet_sample(int64_t rows, int64_t particles, uint64_t seed, double width = 1) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  Dataset out = empty_dataset(rows, 4 * particles);
  for (int64_t row = 0; row < rows; ++row) {
    // Jets differ in width and multiplicity, so that their particles are correlated.
    const double angle = 0.1 * width * std::exp(0.4 * normal(random));
    const auto present = std::max<int64_t>(
        1, static_cast<int64_t>(static_cast<double>(particles) * uniform(random)));
    for (int64_t i = 0; i < particles; ++i) {
      const double momentum = std::exp(-0.3 * static_cast<double>(i)) * (0.5 + uniform(random)) / 4;
      const double eta = angle * normal(random), phi = angle * normal(random);
      const double mask = i < present ? 1 : 0;
      for (const double each : {eta, phi, momentum, 1.0}) out.x.push_back(mask * each);
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
