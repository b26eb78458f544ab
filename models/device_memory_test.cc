// What a model does when its device has no memory left, or fails: an Error, and then as before.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kFeatures = 8;
constexpr int64_t kSmall = 100;  // so many a sampler does not draw ahead
constexpr int64_t kLarge = kDeviceTileRows;

const Resources& on_device() {
  static const Resources resources(1, &cuda::emulated_device());
  return resources;
}

std::shared_ptr<Model> gan() {
  const std::shared_ptr<Model> model = Model::create(
      "gan", R"({"features": 8, "latent": 4, "generator_hidden": 16, "critic_hidden": 8})");
  std::vector<double> events(kFeatures * 100);
  fill_normal(Stream{5, 0, 0, 0}, events);
  model->fit_preprocessing(events, {});
  return model;
}

std::vector<double> sample(const Model& model, int64_t rows) {
  std::vector<double> events(static_cast<size_t>(kFeatures * rows));
  model.sample(7, 0, {}, events, on_device());
  return events;
}

// "emulated has no memory for N bytes: F of T are free", with F < N, F <= T and this T.
void expect_numbers(const Error& error, size_t total) {
  EXPECT_EQ(error.code(), Code::out_of_memory);
  size_t asked = 0, free = 0, of = 0;
  ASSERT_EQ(std::sscanf(error.what(), "emulated has no memory for %zu bytes: %zu of %zu are free",
                        &asked, &free, &of),
            3)
      << error.what();
  EXPECT_LT(free, asked);
  EXPECT_LE(free, of);
  EXPECT_EQ(of, total);
}

template <typename Call>
void expect_out_of_memory(size_t total, Call call) {
  try {
    call();
    FAIL() << "there is memory";
  } catch (const Error& error) {
    expect_numbers(error, total);
  }
}

TEST(DeviceMemory, ThatIsTooSmallForARequestServesASmallerOne) {
  const size_t before = cuda::emulated_bytes_in_use();
  {
    const std::shared_ptr<Model> roomy = gan();
    const std::vector<double> small = sample(*roomy, kSmall);
    const size_t for_small = cuda::emulated_bytes_in_use() - before;
    const std::vector<double> large = sample(*roomy, kLarge);
    const size_t for_large = cuda::emulated_bytes_in_use() - before;
    ASSERT_GT(for_large, 4 * for_small);

    const std::shared_ptr<Model> model = gan();
    const size_t total = cuda::emulated_bytes_in_use() + 2 * for_small;
    {
      const cuda::TroubledDevices full({.memory = total});
      for (int i = 0; i < 3; ++i) {
        expect_out_of_memory(total, [&] { sample(*model, kLarge); });
        EXPECT_EQ(sample(*model, kSmall), small);
      }
    }
    EXPECT_EQ(sample(*model, kLarge), large);
  }
  EXPECT_EQ(cuda::emulated_bytes_in_use(), before);
}

// Wherever the first request fails, nothing of it stays that the second cannot do without.
TEST(DeviceMemory, MayRunOutAtAnyAllocation) {
  const size_t before = cuda::emulated_bytes_in_use();
  {
    const std::shared_ptr<Model> roomy = gan();
    const std::vector<double> small = sample(*roomy, kSmall);
    const size_t needed = cuda::emulated_bytes_in_use() - before;
    int failed = 0;
    for (size_t more = 0; more < needed; more += std::max<size_t>(256, needed / 32)) {
      const std::shared_ptr<Model> model = gan();
      const size_t own = cuda::emulated_bytes_in_use();
      {
        const cuda::TroubledDevices full({.memory = own + more});
        expect_out_of_memory(own + more, [&] { sample(*model, kSmall); });
      }
      ++failed;
      EXPECT_EQ(sample(*model, kSmall), small);
      EXPECT_EQ(cuda::emulated_bytes_in_use() - own, needed) << more;
    }
    EXPECT_GT(failed, 3);
  }
  EXPECT_EQ(cuda::emulated_bytes_in_use(), before);
}

// A sampler keeps the memory of its Programs between draws.
TEST(DeviceMemory, OfASamplerGrowsAgainAfterItCouldNot) {
  const std::shared_ptr<Model> model = gan();
  const std::vector<double> expected = sample(*gan(), kSmall + kLarge);
  Sampler sampler(model, 7, on_device());
  std::vector<double> first(kFeatures * kSmall), rest(kFeatures * kLarge);
  sampler.next(first);
  {
    const size_t total = cuda::emulated_bytes_in_use();
    const cuda::TroubledDevices full({.memory = total});
    expect_out_of_memory(total, [&] { sampler.next(rest); });
    EXPECT_EQ(sampler.position(), uint64_t{kSmall});
    std::vector<double> again(kFeatures * kSmall);
    sampler.seek(0);
    sampler.next(again);
    EXPECT_EQ(again, first);
  }
  sampler.next(rest);
  first.insert(first.end(), rest.begin(), rest.end());
  EXPECT_EQ(first, expected);
}

TEST(DeviceMemory, IsGivenBackWhenADeviceFails) {
  const size_t before = cuda::emulated_bytes_in_use();
  {
    const std::shared_ptr<Model> model = gan();
    const std::vector<double> expected = sample(*model, kSmall);
    const size_t used = cuda::emulated_bytes_in_use();
    {
      const cuda::TroubledDevices lost({.waits = 0});
      try {
        sample(*model, kSmall);
        FAIL() << "the device works";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::internal);
        EXPECT_NE(std::string(error.what()).find("launch failure"), std::string::npos);
      }
    }
    EXPECT_EQ(sample(*model, kSmall), expected);
    EXPECT_EQ(cuda::emulated_bytes_in_use(), used);
  }
  EXPECT_EQ(cuda::emulated_bytes_in_use(), before);
}

}  // namespace
}  // namespace castalia
