#include "cpp/runtime/cpu/convolution.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "cpp/runtime/cpu/convolution_product.h"
#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

template <typename T>
using Images = std::vector<T>;

template <typename T>
Images<T> random_images(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<T> normal;
  Images<T> images(static_cast<size_t>(count));
  for (T& x : images) x = normal(engine);
  return images;
}

ConvolutionAxis axis(int64_t in, int64_t kernel, int64_t stride, int64_t padding,
                     int64_t dilation = 1) {
  return {in,       (in + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1,
          kernel,   stride,
          dilation, padding};
}

// Shapes that reach every path: one to three axes, slabs and blocks that end anywhere, sums longer
// than one part and than what is packed at a time, columns that fill no panel and more than one
// block of panels, few channels on either side, groups, taps that fall outside everywhere.
std::vector<ConvolutionShape> shapes() {
  std::vector<ConvolutionShape> all;
  const auto add = [&](int64_t images, const ConvolutionAxis& z, const ConvolutionAxis& y,
                       const ConvolutionAxis& x, int64_t channels_in, int64_t channels_out,
                       int64_t groups) {
    all.push_back({images, {z, y, x}, channels_in, channels_out, groups});
  };
  add(3, {}, {}, axis(9, 3, 1, 1), 5, 7, 1);
  add(2, {}, {}, axis(700, 5, 1, 2), 4, 6, 1);
  add(2, {}, {}, axis(700, 5, 2, 2), 2, 6, 1);
  add(2, {}, {}, axis(300, 2, 90, 0, 40), 2, 6, 1);
  add(40, {}, axis(8, 4, 2, 1), axis(8, 4, 2, 1), 5, 70, 1);
  add(3, {}, axis(4, 3, 1, 1), axis(4, 3, 1, 1), 530, 140, 1);
  add(7, {}, axis(8, 4, 2, 1), axis(8, 4, 2, 1), 19, 33, 1);
  add(3, {}, axis(9, 3, 2, 1), axis(7, 2, 3, 0), 70, 300, 1);
  add(2, {}, axis(33, 3, 1, 1), axis(35, 3, 1, 1), 8, 4, 1);
  add(2, {}, axis(6, 3, 1, 2, 2), axis(9, 3, 2, 1), 6, 12, 3);
  add(2, {}, axis(16, 4, 2, 1), axis(16, 4, 2, 1), 1, 65, 1);
  add(2, {}, axis(16, 4, 2, 1), axis(16, 4, 2, 1), 40, 1, 1);
  add(2, {}, axis(9, 3, 1, 1), axis(8, 5, 1, 2), 40, 1, 1);
  add(2, {}, axis(9, 3, 1, 1, 2), axis(8, 3, 1, 2), 12, 2, 1);
  add(2, {}, axis(9, 3, 2, 1, 2), axis(8, 3, 1, 2, 3), 3, 2, 1);
  add(2, {}, axis(9, 3, 1, 1), axis(8, 3, 1, 2), 9, 6, 3);
  add(4, {}, axis(2, 2, 1, 3), axis(2, 1, 1, 0), 3, 5, 1);
  add(2, axis(5, 3, 2, 1), axis(6, 3, 1, 1), axis(7, 3, 2, 0), 10, 17, 1);
  add(2, axis(11, 4, 2, 1), axis(12, 4, 2, 1), axis(13, 4, 2, 1), 1, 3, 1);
  add(2, axis(9, 3, 1, 1), axis(4, 3, 1, 1), axis(5, 3, 2, 1), 2, 6, 2);
  add(1, axis(11, 4, 2, 1), axis(12, 4, 2, 1), axis(13, 4, 2, 1), 33, 1, 1);
  add(5, {}, axis(4, 4, 1, 0), axis(4, 4, 1, 0), 64, 1, 1);
  add(0, {}, axis(4, 3, 1, 1), axis(4, 3, 1, 1), 3, 4, 1);
  add(2, {}, axis(4, 3, 1, 1), axis(4, 3, 1, 1), 0, 4, 1);
  add(2, {}, axis(4, 3, 1, 1), axis(4, 3, 1, 1), 4, 0, 1);
  return all;
}

std::string describe(const ConvolutionShape& s) {
  std::string text = std::to_string(s.images) + " images, " + std::to_string(s.channels_in) +
                     " to " + std::to_string(s.channels_out) + " channels in " +
                     std::to_string(s.groups) + " groups";
  for (const ConvolutionAxis& a : s.axes) {
    for (const int64_t x : {a.in, a.out, a.kernel, a.stride, a.dilation, a.padding}) {
      text += " " + std::to_string(x);
    }
    text += ";";
  }
  return text;
}

int64_t in_count(const ConvolutionShape& s) { return s.images * s.in_positions() * s.channels_in; }
int64_t out_count(const ConvolutionShape& s) {
  return s.images * s.out_positions() * s.channels_out;
}
int64_t weight_count(const ConvolutionShape& s) {
  return s.taps() * (s.channels_in / s.groups) * s.channels_out;
}

// Visits every product: (in, weight, out), as offsets.
template <typename Visit>
void for_each_product(const ConvolutionShape& s, Visit visit) {
  const auto& [z, y, x] = s.axes;
  const int64_t c_in = s.channels_in / s.groups;
  const int64_t c_out = s.channels_out / s.groups;
  const auto at = [](const ConvolutionAxis& a, int64_t o, int64_t t) {
    const int64_t i = o * a.stride + t * a.dilation - a.padding;
    return i < a.in ? i : -1;
  };
  for (int64_t n = 0; n < s.images; ++n) {
    for (int64_t position = 0; position < s.out_positions(); ++position) {
      for (int64_t tap = 0; tap < s.taps(); ++tap) {
        const int64_t iz = at(z, position / x.out / y.out, tap / x.kernel / y.kernel);
        const int64_t iy = at(y, position / x.out % y.out, tap / x.kernel % y.kernel);
        const int64_t ix = at(x, position % x.out, tap % x.kernel);
        if (iz < 0 || iy < 0 || ix < 0) continue;
        const int64_t in = (((n * z.in + iz) * y.in + iy) * x.in + ix) * s.channels_in;
        const int64_t out = (n * s.out_positions() + position) * s.channels_out;
        for (int64_t o = 0; o < s.channels_out; ++o) {
          for (int64_t i = 0; i < c_in; ++i) {
            visit(in + o / c_out * c_in + i, (tap * c_in + i) * s.channels_out + o, out + o);
          }
        }
      }
    }
  }
}

constexpr double kUntouched = -1234.5;
constexpr size_t kGuard = 256;

void* aligned_bytes(size_t bytes) {
  void* const memory = ::operator new(bytes + kGuard, std::align_val_t(64));
  std::memset(memory, 0xA5, bytes + kGuard);
  return memory;
}

// What a test does after a convolution.
template <typename T>
struct After {
  ConvolutionEpilogue<T> epilogue;
  bool packed = false;  // of SlidingProduct
};

// All results of a plan, by ranges of `step` tiles from the last to the first. Behind the scratch
// and the results nothing may be written.
template <typename T, typename Plan>
Images<T> run(const Plan& plan, const Images<T>& a, const Images<T>& b, int64_t count, int64_t step,
              const After<T>& after = {}, Images<T>* where = nullptr) {
  const size_t bytes = plan.template scratch_bytes<T>();
  auto* const scratch = static_cast<std::byte*>(aligned_bytes(bytes));
  Images<T> own;
  Images<T>& result = where == nullptr ? own : *where;
  result.assign(static_cast<size_t>(count) + kGuard, T(kUntouched));
  // Vectors end where their elements do, but kernels may read a little further.
  Images<T> padded_a = a, padded_b = b;
  padded_a.resize(a.size() + kGuard, T(kUntouched));
  padded_b.resize(b.size() + kGuard, T(kUntouched));
  T* packed = nullptr;
  if constexpr (std::is_same_v<Plan, SlidingProduct>) {
    if (after.packed) {
      const size_t size = plan.template packed_bytes<T>();
      packed = static_cast<T*>(aligned_bytes(size));
      plan.pack(padded_b.data(), packed);
      for (size_t i = 0; i < kGuard; ++i) {
        EXPECT_EQ(reinterpret_cast<std::byte*>(packed)[size + i], std::byte{0xA5});
      }
    }
  }
  const int64_t tiles = plan.tiles();
  for (int64_t first = (tiles - 1) / step * step; first >= 0 && tiles > 0; first -= step) {
    const int64_t last = std::min(tiles, first + step);
    if constexpr (std::is_same_v<Plan, SlidingProduct>) {
      if (packed != nullptr) {
        plan.run_packed(padded_a.data(), packed, result.data(), after.epilogue, scratch, first,
                        last);
        continue;
      }
    }
    plan.run(padded_a.data(), padded_b.data(), result.data(), after.epilogue, scratch, first, last);
  }
  for (size_t i = 0; i < kGuard; ++i) {
    EXPECT_EQ(scratch[bytes + i], std::byte{0xA5}) << "scratch overrun";
    EXPECT_EQ(result[static_cast<size_t>(count) + i], T(kUntouched)) << "result overrun";
  }
  ::operator delete(scratch, std::align_val_t(64));
  if (packed != nullptr) ::operator delete(packed, std::align_val_t(64));
  result.resize(static_cast<size_t>(count));
  return result;
}

template <typename T>
bool same_bits(const Images<T>& x, const Images<T>& y) {
  return x.size() == y.size() &&
         (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(T)) == 0);
}

template <typename T>
void expect_near(const Images<T>& got, const std::vector<double>& expected, const char* what) {
  ASSERT_EQ(got.size(), expected.size());
  double scale = 1;
  for (const double x : expected) scale = std::max(scale, std::abs(x));
  const double tolerance = 64 * std::numeric_limits<T>::epsilon() * scale;
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], expected[i], tolerance) << what << ", element " << i;
  }
}

// Every element is finished once, when it is complete, with the bits of separate passes.
template <typename T, typename Plan>
void check_epilogues(const Plan& plan, const Images<T>& a, const Images<T>& b,
                     const Images<T>& plain, int64_t channels, const char* what) {
  constexpr bool sliding = std::is_same_v<Plan, SlidingProduct>;
  const int64_t count = static_cast<int64_t>(plain.size());
  auto bias = random_images<T>(channels, 4);
  struct Finisher {
    Images<T> result;
    static void finish(void* object, int64_t first, int64_t count) {
      auto& self = *static_cast<Finisher*>(object);
      for (int64_t i = first; i < first + count; ++i) {
        T& x = self.result[static_cast<size_t>(i)];
        x = T(2) * x + T(1);
      }
    }
  };
  for (const bool packed : {false, true}) {
    if (packed && !sliding) continue;
    for (const int kind : {0, 1, 2, 3}) {  // a bit for bias and rectifier, one for pieces
      if ((kind & 1) != 0 && !sliding) continue;
      Images<T> expected = plain;
      for (size_t i = 0; i < expected.size(); ++i) {
        T& x = expected[i];
        if ((kind & 1) != 0) {
          x += bias[i % static_cast<size_t>(channels)];
          x = x < T(0) ? T(0) : x;
        }
        if ((kind & 2) != 0) x = T(2) * x + T(1);
      }
      Finisher finisher;
      After<T> after;
      after.packed = packed;
      if ((kind & 1) != 0) {
        after.epilogue.bias = bias.data();
        after.epilogue.relu = true;
      }
      if ((kind & 2) != 0) {
        after.epilogue.finish = &Finisher::finish;
        after.epilogue.object = &finisher;
      }
      for (const int64_t step : {int64_t{1000000}, int64_t{1}}) {
        run(plan, a, b, count, step, after, &finisher.result);
        EXPECT_TRUE(same_bits(finisher.result, expected))
            << what << ", packed " << packed << ", epilogue " << kind << ", " << step << " tiles";
      }
    }
  }
}

template <typename T>
void check_shape(const ConvolutionShape& s) {
  SCOPED_TRACE(describe(s));
  const auto in = random_images<T>(in_count(s), 1);
  const auto weights = random_images<T>(weight_count(s), 2);
  const auto out = random_images<T>(out_count(s), 3);
  std::vector<double> forward(out.size()), backward(in.size()), gradient(weights.size());
  for_each_product(s, [&](int64_t i, int64_t w, int64_t o) {
    const auto [a, b, c] =
        std::tuple(static_cast<size_t>(i), static_cast<size_t>(w), static_cast<size_t>(o));
    forward[c] += static_cast<double>(in[a]) * weights[b];
    backward[a] += static_cast<double>(out[c]) * weights[b];
    gradient[b] += static_cast<double>(in[a]) * out[c];
  });
  const auto check = [&](const auto& plan, const Images<T>& a, const Images<T>& b,
                         const std::vector<double>& expected, int64_t channels, const char* what) {
    const int64_t count = static_cast<int64_t>(expected.size());
    const auto whole = run(plan, a, b, count, 1000000);
    expect_near(whole, expected, what);
    EXPECT_TRUE(same_bits(whole, run(plan, a, b, count, 1))) << what << ", tile by tile";
    EXPECT_TRUE(same_bits(whole, run(plan, a, b, count, 3))) << what << ", three tiles a time";
    check_epilogues(plan, a, b, whole, channels, what);
    return whole;
  };
  const auto f = check(SlidingProduct::forward(s), in, weights, forward, s.channels_out, "forward");
  const auto t =
      check(SlidingProduct::transposed(s), out, weights, backward, s.channels_in, "transposed");
  if (ScatteredProduct::suits(s, false)) {
    check(ScatteredProduct::forward(s), in, weights, forward, s.channels_out, "forward, scattered");
  }
  if (ScatteredProduct::suits(s, true)) {
    check(ScatteredProduct::transposed(s), out, weights, backward, s.channels_in,
          "transposed, scattered");
  }
  check(WeightGradient(s), in, out, gradient, s.channels_out, "weight gradient");

  // The last image alone.
  if (s.images == 0) return;
  ConvolutionShape one = s;
  one.images = 1;
  const auto last = [&](const Images<T>& images) {
    return Images<T>(images.end() - static_cast<int64_t>(images.size()) / s.images, images.end());
  };
  EXPECT_TRUE(same_bits(
      last(f), run(SlidingProduct::forward(one), last(in), weights, out_count(one), 1000000)));
  EXPECT_TRUE(same_bits(
      last(t), run(SlidingProduct::transposed(one), last(out), weights, in_count(one), 1000000)));
}

class Convolution : public EachTarget {};

TEST_P(Convolution, AgreesWithPlainLoopsAndKeepsItsBits) {
  for (const ConvolutionShape& shape : shapes()) {
    check_shape<float>(shape);
    check_shape<double>(shape);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Convolution, testing::ValuesIn(targets_here()), target_label);

// What ends a sum whose last part is empty is computed of the same element, the sign of zero
// included.
TEST_P(Convolution, AddsNothingExactly) {
  std::vector<float> elements(40, -0.0F);
  const std::vector<float> panel(256);
  float* const c = elements.data();
  const float* const a = panel.data();
  GatheredProduct<float> product;
  product.a = &a;
  product.c = &c;
  product.rows = 1;
  product.b = panel.data();
  product.columns = 40;
  product.add = true;
  product.relu = true;
  run_product(product);
  for (const float x : elements) EXPECT_TRUE(x == 0 && std::signbit(x));
}

TEST(ConvolutionPlan, ScattersIntoFewChannels) {
  int64_t forward = 0, transposed = 0;
  for (const ConvolutionShape& shape : shapes()) {
    forward += ScatteredProduct::suits(shape, false);
    transposed += ScatteredProduct::suits(shape, true);
  }
  EXPECT_GE(forward, 3);
  EXPECT_GE(transposed, 4);
}

TEST(ConvolutionPlan, ScratchStaysModest) {
  const ConvolutionShape large{
      16, {{axis(30, 4, 2, 1), axis(30, 4, 2, 1), axis(30, 4, 2, 1)}}, 256, 512, 1};
  EXPECT_GT(SlidingProduct::forward(large).packed_bytes<float>(), size_t{1000000});
  EXPECT_LE(SlidingProduct::forward(large).scratch_bytes<float>(), size_t{300000});
  EXPECT_LE(SlidingProduct::transposed(large).scratch_bytes<double>(), size_t{300000});
  EXPECT_LE(WeightGradient(large).scratch_bytes<double>(), size_t{420000});
}

// One copy of the packed weights serves every number of images.
TEST(ConvolutionPlan, FormsDoNotDependOnTheNumberOfImages) {
  const auto plan = [](int64_t images, int64_t kernel) {
    return SlidingProduct::transposed(
        {images, {{{}, axis(8, kernel, 2, 1), axis(8, 4, 2, 1)}}, 70, 130, 1});
  };
  EXPECT_EQ(plan(1, 4).packed_form(), plan(100, 4).packed_form());
  EXPECT_EQ(plan(1, 4).packed_bytes<float>(), plan(100, 4).packed_bytes<float>());
  EXPECT_NE(plan(1, 4).packed_form(), plan(1, 3).packed_form());
  const auto weights = random_images<float>(4 * 4 * 70 * 130, 1);
  const size_t bytes = plan(1, 4).packed_bytes<float>();
  Images<float> one(bytes / sizeof(float)), many(bytes / sizeof(float));
  plan(1, 4).pack(weights.data(), one.data());
  plan(100, 4).pack(weights.data(), many.data());
  EXPECT_TRUE(same_bits(one, many));
}

}  // namespace
}  // namespace castalia::cpu
