// Eight threads that use one model at the same time get the numbers that one thread gets.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/toy/toy.h"

namespace {

constexpr int kThreads = 8;
constexpr int64_t kEvents = 700;  // of each seed: tiles, and a rest

// All threads begin together.
void on_all_threads(const std::function<void(int)>& work) {
  std::atomic<int> waiting{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting > 0) std::this_thread::yield();
      work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

std::vector<double> sample(castalia_model* model, uint64_t seed, int64_t first, int64_t count) {
  std::vector<double> x(static_cast<size_t>(count * TOY_FEATURES));
  const castalia_array array = toy_array(x.data(), count, TOY_FEATURES);
  TOY(castalia_model_sample(model, seed, first, nullptr, &array));
  return x;
}

// The same events in pieces of different sizes, one event at a time among them.
std::vector<double> sample_in_pieces(castalia_sampler* sampler) {
  std::vector<double> x(kEvents * TOY_FEATURES);
  int64_t done = 0;
  for (int64_t piece = 1; done < kEvents; piece = piece % 37 + 1) {
    const int64_t count = std::min(piece, kEvents - done);
    const castalia_array array = toy_array(x.data() + done * TOY_FEATURES, count, TOY_FEATURES);
    TOY(castalia_sampler_next(sampler, nullptr, &array));
    done += count;
  }
  return x;
}

class Threads : public testing::TestWithParam<int> {
 protected:
  Threads() {
    TOY(castalia_context_create(&context_));
    model_ = toy_trained(context_);
    // Serial numbers come before any thread has warmed the caches, and from another copy of the
    // model.
    castalia_model* copy = nullptr;
    TOY(castalia_model_convert(model_, CASTALIA_FLOAT32, &copy));
    for (int i = 0; i < kThreads; ++i) serial_.push_back(sample(copy, i, 0, kEvents));
    TOY(castalia_model_destroy(copy));
    TOY(castalia_context_set_threads(context_, GetParam(), 1));
  }
  ~Threads() override {
    TOY(castalia_model_destroy(model_));
    TOY(castalia_context_destroy(context_));
  }

  castalia_context* context_ = nullptr;
  castalia_model* model_ = nullptr;
  std::vector<std::vector<double>> serial_;
};

TEST_P(Threads, StatelessCallsGiveTheNumbersOfOneThread) {
  std::vector<std::vector<double>> drawn(kThreads);
  on_all_threads([&](int i) { drawn[i] = sample(model_, i, 0, kEvents); });
  for (int i = 0; i < kThreads; ++i) EXPECT_EQ(drawn[i], serial_[i]) << "thread " << i;
}

TEST_P(Threads, SamplersOfTheirOwnGiveTheNumbersOfOneThread) {
  std::vector<std::vector<double>> drawn(kThreads);
  on_all_threads([&](int i) {
    castalia_sampler* sampler = nullptr;
    TOY(castalia_sampler_create(model_, i, &sampler));
    drawn[i] = sample_in_pieces(sampler);
    TOY(castalia_sampler_destroy(sampler));
  });
  for (int i = 0; i < kThreads; ++i) EXPECT_EQ(drawn[i], serial_[i]) << "thread " << i;
}

TEST_P(Threads, AMixtureOfCallsGivesTheNumbersOfOneThread) {
  std::vector<double> density(kEvents);
  castalia_array densities = toy_vector(density.data(), kEvents);
  castalia_array events = toy_array(serial_[0].data(), kEvents, TOY_FEATURES);
  TOY(castalia_model_log_prob(model_, &events, nullptr, &densities));
  std::vector<std::string> wrong(kThreads);
  on_all_threads([&](int i) {
    TOY(castalia_model_retain(model_));
    if (i % 2 == 0) {
      std::vector<double> own(kEvents);
      const castalia_array out = toy_vector(own.data(), kEvents);
      TOY(castalia_model_log_prob(model_, &events, nullptr, &out));
      if (own != density) wrong[i] = "log_prob";
    } else {
      // A range from the middle, and text that is given back to each thread apart.
      const std::vector<double> part = sample(model_, i, 300, 11);
      if (!std::equal(part.begin(), part.end(), serial_[i].begin() + 300 * TOY_FEATURES))
        wrong[i] = "sample";
      const char* described = nullptr;
      TOY(castalia_model_describe(model_, &described));
      if (std::string(described).find("coupling_flow") == std::string::npos) wrong[i] = "describe";
    }
    // Each thread has the message of its own last failure.
    castalia_model* none = nullptr;
    const std::string name = "flow_of_thread_" + std::to_string(i);
    if (castalia_model_create(nullptr, name.c_str(), nullptr, &none) != CASTALIA_NOT_FOUND ||
        std::string(castalia_last_error()).find(name) == std::string::npos) {
      wrong[i] = castalia_last_error();
    }
    TOY(castalia_model_destroy(model_));
  });
  for (int i = 0; i < kThreads; ++i) EXPECT_EQ(wrong[i], "") << "thread " << i;
}

TEST_P(Threads, OneSamplerServesOneThreadAndSaysSoToTheOthers) {
  castalia_sampler* sampler = nullptr;
  TOY(castalia_sampler_create(model_, 0, &sampler));
  std::atomic<int64_t> served{0};
  std::atomic<int> unexpected{0};
  on_all_threads([&](int) {
    std::vector<double> x(100 * TOY_FEATURES);
    const castalia_array array = toy_array(x.data(), 100, TOY_FEATURES);
    for (int k = 0; k < 20; ++k) {
      const castalia_status status = castalia_sampler_next(sampler, nullptr, &array);
      if (status == CASTALIA_OK) served += 100;
      if (status != CASTALIA_OK && status != CASTALIA_BUSY) ++unexpected;
    }
  });
  int64_t position = 0;
  TOY(castalia_sampler_tell(sampler, &position));
  EXPECT_EQ(position, served);
  EXPECT_EQ(unexpected, 0);
  TOY(castalia_sampler_destroy(sampler));
}

INSTANTIATE_TEST_SUITE_P(SamplingThreads, Threads, testing::Values(1, 2));

}  // namespace
