// Results are the same, to the last bit, for any batch size and any number of threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include "tests/toy/toy.h"

namespace {

constexpr int64_t kEvents = 4096;
constexpr uint64_t kSeed = 77;

std::vector<double> parameters(castalia_model* model) {
  int64_t count = 0;
  const std::unique_ptr<double, decltype(&std::free)> values(toy_parameters(model, &count),
                                                             &std::free);
  return {values.get(), values.get() + count};
}

// Trains with so many threads; the seed of the model is fixed.
std::vector<double> trained_by(int threads, const char* training) {
  castalia_context* context = nullptr;
  TOY(castalia_context_create(&context));
  TOY(castalia_context_set_threads(context, 1, threads));
  castalia_model* model = toy_model(context);
  TOY(toy_fit(model, training, nullptr, nullptr));
  const std::vector<double> out = parameters(model);
  TOY(castalia_model_destroy(model));
  TOY(castalia_context_destroy(context));
  return out;
}

TEST(Training, IsTheSameForOneAndTwoAndThreeThreads) {
  for (const char* training : {R"({"steps": 40, "batch": 256, "clip_norm": 1.0, "ema": 0.9})",
                               R"({"steps": 40, "batch": 100, "validate_every": 9})"}) {
    const std::vector<double> one = trained_by(1, training);
    EXPECT_EQ(trained_by(2, training), one) << training;
    EXPECT_EQ(trained_by(3, training), one) << training;
  }
}

class Sampling : public testing::TestWithParam<castalia_dtype> {
 protected:
  Sampling() {
    TOY(castalia_context_create(&context_));
    castalia_model* trained = toy_trained(context_);
    TOY(castalia_model_convert(trained, GetParam(), &model_));
    TOY(castalia_model_destroy(trained));
    all_ = sample(0, kEvents);
  }
  ~Sampling() override {
    TOY(castalia_model_destroy(model_));
    TOY(castalia_context_destroy(context_));
  }

  std::vector<double> sample(int64_t first, int64_t count) const {
    std::vector<double> x(static_cast<size_t>(count * TOY_FEATURES));
    const castalia_array array = toy_array(x.data(), count, TOY_FEATURES);
    TOY(castalia_model_sample(model_, kSeed, first, nullptr, &array));
    return x;
  }

  std::vector<double> sample_by(int64_t batch) const {
    castalia_sampler* sampler = nullptr;
    TOY(castalia_sampler_create(model_, kSeed, &sampler));
    std::vector<double> x(all_.size());
    for (int64_t done = 0; done < kEvents; done += batch) {
      const castalia_array array =
          toy_array(x.data() + done * TOY_FEATURES, std::min(batch, kEvents - done), TOY_FEATURES);
      TOY(castalia_sampler_next(sampler, nullptr, &array));
    }
    TOY(castalia_sampler_destroy(sampler));
    return x;
  }

  // Rows [first, first + count) of all events.
  std::vector<double> part(int64_t first, int64_t count) const {
    return {all_.begin() + first * TOY_FEATURES, all_.begin() + (first + count) * TOY_FEATURES};
  }

  castalia_context* context_ = nullptr;
  castalia_model* model_ = nullptr;
  std::vector<double> all_;
};

TEST_P(Sampling, EveryBatchAndNumberOfThreadsGivesTheSameEvents) {
  for (const int threads : {1, 2}) {
    TOY(castalia_context_set_threads(context_, threads, 1));
    for (const int64_t batch : {1, 7, 300, 4096}) {
      EXPECT_EQ(sample_by(batch), all_) << "batch " << batch << ", " << threads << " threads";
    }
    EXPECT_EQ(sample(0, kEvents), all_) << threads << " threads";
  }
}

TEST_P(Sampling, FirstEventAndSeekGiveTheEventsOfDrawingInOrder) {
  castalia_sampler* sampler = nullptr;
  TOY(castalia_sampler_create(model_, kSeed, &sampler));
  for (const auto& [first, count] : std::vector<std::pair<int64_t, int64_t>>{{0, 1},
                                                                             {1, 1},
                                                                             {5, 3},
                                                                             {255, 2},
                                                                             {256, 256},
                                                                             {3000, 1000},
                                                                             {4095, 1},
                                                                             {7, 64},
                                                                             {70, 1}}) {
    EXPECT_EQ(sample(first, count), part(first, count)) << first;
    std::vector<double> x(static_cast<size_t>(count * TOY_FEATURES));
    const castalia_array array = toy_array(x.data(), count, TOY_FEATURES);
    TOY(castalia_sampler_seek(sampler, first));
    TOY(castalia_sampler_next(sampler, nullptr, &array));
    EXPECT_EQ(x, part(first, count)) << first;
    int64_t position = 0;
    TOY(castalia_sampler_tell(sampler, &position));
    EXPECT_EQ(position, first + count);
  }
  TOY(castalia_sampler_destroy(sampler));
}

TEST_P(Sampling, TheLastEventsOfASeedCanBeDrawn) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  const std::vector<double> ends = sample(kLast - 1, 2);
  EXPECT_EQ(sample(kLast, 1), std::vector<double>(ends.begin() + TOY_FEATURES, ends.end()));
  EXPECT_NE(ends, part(0, 2));
}

// A column-major float32 array of the same events holds the same numbers, rounded.
TEST_P(Sampling, AnotherLayoutGivesTheSameEventsRounded) {
  std::vector<float> x(all_.size());
  castalia_array array = {};
  array.data = x.data();
  array.dtype = CASTALIA_FLOAT32;
  array.rank = 2;
  array.shape[0] = kEvents;
  array.shape[1] = TOY_FEATURES;
  array.strides[0] = 1;
  array.strides[1] = kEvents;
  array.device_kind = CASTALIA_CPU;
  TOY(castalia_model_sample(model_, kSeed, 0, nullptr, &array));
  for (int64_t i = 0; i < kEvents; ++i) {
    for (int64_t j = 0; j < TOY_FEATURES; ++j) {
      ASSERT_EQ(x[j * kEvents + i], static_cast<float>(all_[i * TOY_FEATURES + j]))
          << i << ' ' << j;
    }
  }
}

TEST_P(Sampling, DensitiesDoNotDependOnTheBatch) {
  std::vector<double> whole(kEvents);
  const castalia_array events = toy_array(all_.data(), kEvents, TOY_FEATURES);
  castalia_array out = toy_vector(whole.data(), kEvents);
  TOY(castalia_model_log_prob(model_, &events, nullptr, &out));
  for (const int64_t batch : {1, 7}) {
    std::vector<double> pieces(700);
    for (int64_t first = 0; first < 700; first += batch) {
      const castalia_array some =
          toy_array(all_.data() + first * TOY_FEATURES, batch, TOY_FEATURES);
      out = toy_vector(pieces.data() + first, batch);
      TOY(castalia_model_log_prob(model_, &some, nullptr, &out));
    }
    EXPECT_TRUE(std::equal(pieces.begin(), pieces.end(), whole.begin())) << "batch " << batch;
  }
}

INSTANTIATE_TEST_SUITE_P(ElementTypes, Sampling,
                         testing::Values(CASTALIA_FLOAT32, CASTALIA_FLOAT64), [](const auto& of) {
                           return of.param == CASTALIA_FLOAT32 ? "float32" : "float64";
                         });

}  // namespace
