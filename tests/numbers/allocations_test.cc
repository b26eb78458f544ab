// After the first call of a size, drawing events and taking steps of training allocate no memory: a
// generator draws an event in microseconds, and must not meet a lock of the allocator or grow.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <vector>

#include "tests/toy/toy.h"

// Sanitizers have put an allocator of their own in place.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

TEST(Allocations, AreNotCountedUnderThisSanitizer) { GTEST_SKIP(); }

#else

namespace {

// By whichever thread and library of the process.
std::atomic<int64_t> allocations{0};

}  // namespace

// These stand in front of the C library's own, for every library in the process.
#define INTERPOSED __attribute__((visibility("default")))

extern "C" {

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

INTERPOSED void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
INTERPOSED void* calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
INTERPOSED void* realloc(void* old, size_t bytes) {
  ++allocations;
  return __libc_realloc(old, bytes);
}
INTERPOSED void* memalign(size_t alignment, size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
INTERPOSED void* aligned_alloc(size_t alignment, size_t bytes) {
  return memalign(alignment, bytes);
}
INTERPOSED int posix_memalign(void** out, size_t alignment, size_t bytes) {
  *out = memalign(alignment, bytes);
  return *out == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace {

template <typename Work>
int64_t allocations_of(const Work& work) {
  const int64_t before = allocations;
  work();
  return allocations - before;
}

TEST(Allocations, AreCountedInTheLibraryToo) {
  castalia_model* model = nullptr;
  EXPECT_GT(allocations_of([&] { model = toy_model(nullptr); }), 100);
  TOY(castalia_model_destroy(model));
}

class Allocations : public testing::TestWithParam<int> {
 protected:
  Allocations() {
    TOY(castalia_context_create(&context_));
    TOY(castalia_context_set_threads(context_, GetParam(), GetParam()));
  }
  ~Allocations() override { TOY(castalia_context_destroy(context_)); }

  castalia_context* context_ = nullptr;
};

TEST_P(Allocations, ASamplerMakesNoneAfterTheFirstCallOfASize) {
  castalia_model* model = toy_trained(context_);
  castalia_sampler* sampler = nullptr;
  TOY(castalia_sampler_create(model, 1, &sampler));
  std::vector<double> x(3000 * TOY_FEATURES);
  for (const int64_t size : {3000, 300, 64, 100}) {
    const castalia_array array = toy_array(x.data(), size, TOY_FEATURES);
    TOY(castalia_sampler_next(sampler, nullptr, &array));
    EXPECT_EQ(allocations_of([&] {
                for (int i = 0; i < 20; ++i) TOY(castalia_sampler_next(sampler, nullptr, &array));
              }),
              0)
        << "events: " << size;
  }
  // Few at a time are drawn ahead, and so cost now and then the first call of a larger size.
  for (const int64_t size : {1, 7}) {
    const castalia_array array = toy_array(x.data(), size, TOY_FEATURES);
    for (int i = 0; i < 200; ++i) TOY(castalia_sampler_next(sampler, nullptr, &array));
    EXPECT_EQ(allocations_of([&] {
                for (int i = 0; i < 500; ++i) TOY(castalia_sampler_next(sampler, nullptr, &array));
              }),
              0)
        << "events: " << size;
  }
  // Column-major float32, which is copied.
  std::vector<float> narrow(300 * TOY_FEATURES);
  castalia_array array = {};
  array.data = narrow.data();
  array.dtype = CASTALIA_FLOAT32;
  array.rank = 2;
  array.shape[0] = 300;
  array.shape[1] = TOY_FEATURES;
  array.strides[0] = 1;
  array.strides[1] = 300;
  array.device_kind = CASTALIA_CPU;
  TOY(castalia_sampler_next(sampler, nullptr, &array));
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 20; ++i) TOY(castalia_sampler_next(sampler, nullptr, &array));
            }),
            0);
  TOY(castalia_sampler_destroy(sampler));
  TOY(castalia_model_destroy(model));
}

TEST_P(Allocations, TheStatelessCallMakesNoneAfterTheFirst) {
  castalia_model* model = toy_trained(context_);
  std::vector<double> x(1000 * TOY_FEATURES);
  const castalia_array array = toy_array(x.data(), 1000, TOY_FEATURES);
  TOY(castalia_model_sample(model, 1, 0, nullptr, &array));
  EXPECT_EQ(allocations_of([&] {
              for (int i = 0; i < 20; ++i)
                TOY(castalia_model_sample(model, 1, 1000 * i, nullptr, &array));
            }),
            0);
  TOY(castalia_model_destroy(model));
}

// Over several epochs and validations.
void expect_training_allocates_nothing(castalia_context* context, const std::string& fields) {
  SCOPED_TRACE(fields);
  castalia_model* model = toy_model(context);
  castalia_dataset* dataset = toy_dataset();
  castalia_config* config = toy_config((R"({"steps": 100, )" + fields + "}").c_str());
  castalia_trainer* trainer = nullptr;
  TOY(castalia_trainer_create(model, dataset, config, &trainer));
  TOY(castalia_trainer_advance(trainer, 1));
  EXPECT_EQ(allocations_of([&] { TOY(castalia_trainer_advance(trainer, 60)); }), 0);
  TOY(castalia_trainer_destroy(trainer));
  TOY(castalia_config_destroy(config));
  TOY(castalia_dataset_destroy(dataset));
  TOY(castalia_model_destroy(model));
}

TEST_P(Allocations, ATrainerMakesNoneAfterTheFirstStep) {
  for (const char* optimiser : {"adamw", "adam", "sgd", "rmsprop", "adagrad", "adadelta", "lion"}) {
    expect_training_allocates_nothing(
        context_, std::string(R"("batch": 256, "clip_norm": 5.0, "ema": 0.9, "optimiser": ")") +
                      optimiser + "\"");
  }
  expect_training_allocates_nothing(
      context_, R"("batch": 100, "accumulate": 3, "weight_decay": 0.1, "group_patterns": ["*.bias"],
                   "group_rates": [0.5], "group_decays": [0])");
  expect_training_allocates_nothing(context_, R"("batch": 500, "optimiser": "lbfgs")");
}

INSTANTIATE_TEST_SUITE_P(ThreadNumbers, Allocations, testing::Values(1, 2));

}  // namespace

#endif
