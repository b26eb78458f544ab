#include "cpp/runtime/cpu/onednn_gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cpp/base/status.h"

// OpenMP's own, declared here because clang has no omp.h of its own on every system.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int);
}

namespace castalia::cpu {
namespace {

std::vector<float> random_matrix(int64_t size, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> matrix(static_cast<size_t>(size));
  for (float& x : matrix) x = normal(engine);
  return matrix;
}

struct Scratch {
  explicit Scratch(size_t bytes)
      : data(static_cast<std::byte*>(::operator new(bytes + 64, std::align_val_t(64)))) {}
  ~Scratch() { ::operator delete(data, std::align_val_t(64)); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::byte* data;
};

std::unique_ptr<OnednnGemm> make(const GemmShape& shape, int64_t tile_rows, bool bias = false,
                                 bool relu = false) {
  std::string refusal;
  auto gemm = OnednnGemm::create(shape, tile_rows, bias, relu, &refusal);
  EXPECT_NE(gemm, nullptr) << refusal;
  return gemm;
}

TEST(OnednnGemm, EqualsThePlainLoop) {
  for (const GemmShape& base : {GemmShape{1, 7, 5}, GemmShape{64, 115, 128}, GemmShape{70, 16, 33},
                                GemmShape{128, 128, 300}}) {
    for (int layout = 0; layout < 4; ++layout) {
      GemmShape s = base;
      s.transpose_a = (layout & 1) != 0;
      s.transpose_b = (layout & 2) != 0;
      s.ldc = s.n + 2;
      const int64_t tile_rows = s.transpose_a ? s.m : 32;
      const auto a = random_matrix(s.m * s.k, 1), b = random_matrix(s.k * s.n, 2);
      const auto bias = random_matrix(s.n, 3);
      const auto gemm = make(s, tile_rows, true, true);
      std::vector<float> c(static_cast<size_t>(s.m * s.ldc), -77.0F);
      const Scratch scratch(gemm->scratch_bytes());
      for (int64_t tile = gemm->tiles() - 1; tile >= 0; --tile) {
        gemm->run(a.data(), b.data(), bias.data(), c.data(), scratch.data, tile, tile + 1);
      }
      for (int64_t i = 0; i < s.m; ++i) {
        for (int64_t j = 0; j < s.n; ++j) {
          double sum = bias[static_cast<size_t>(j)];
          for (int64_t k = 0; k < s.k; ++k) {
            sum += double{a[static_cast<size_t>(s.transpose_a ? k * s.m + i : i * s.k + k)]} *
                   double{b[static_cast<size_t>(s.transpose_b ? j * s.k + k : k * s.n + j)]};
          }
          EXPECT_NEAR(c[static_cast<size_t>(i * s.ldc + j)], std::fmax(sum, 0.0), 1e-4)
              << i << " " << j << " layout " << layout << " " << gemm->implementation();
        }
        EXPECT_EQ(c[static_cast<size_t>(i * s.ldc + s.n)], -77.0F);
      }
    }
  }
}

// With fixed tiles the number of rows does not matter: the padded tile has the bits of the full
// one.
TEST(OnednnGemm, NumberOfRowsDoesNotMatter) {
  const int64_t n = 115, k = 128, tile_rows = 64;
  const auto a = random_matrix(256 * k, 4), b = random_matrix(k * n, 5);
  const auto product = [&](int64_t rows) {
    const auto gemm = make({rows, n, k}, tile_rows);
    std::vector<float> c(static_cast<size_t>(rows * n));
    const Scratch scratch(gemm->scratch_bytes());
    gemm->run(a.data(), b.data(), nullptr, c.data(), scratch.data, 0, gemm->tiles());
    return c;
  };
  const auto whole = product(256);
  for (const int64_t rows : {1, 7, 64, 65, 200}) {
    const auto part = product(rows);
    EXPECT_EQ(std::memcmp(part.data(), whole.data(), part.size() * sizeof(float)), 0) << rows;
  }
}

// More threads than there are prepared arguments, all with the same bits; the host's setting stays.
TEST(OnednnGemm, ManyThreadsShareOneAndOpenMpStaysAsItWas) {
  const GemmShape s{128, 64, 64};
  const auto a = random_matrix(s.m * s.k, 6), b = random_matrix(s.k * s.n, 7);
  const auto gemm = make(s, 32);
  const auto product = [&] {
    std::vector<float> c(static_cast<size_t>(s.m * s.n));
    const Scratch scratch(gemm->scratch_bytes());
    omp_set_num_threads(3);
    gemm->run(a.data(), b.data(), nullptr, c.data(), scratch.data, 0, gemm->tiles());
    EXPECT_EQ(omp_get_max_threads(), 3);
    return c;
  };
  const auto expected = product();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency() + 2; ++i) {
    threads.emplace_back([&] {
      for (int repeat = 0; repeat < 50; ++repeat) {
        const auto c = product();
        EXPECT_EQ(std::memcmp(c.data(), expected.data(), c.size() * sizeof(float)), 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(OnednnGemm, SaysWhyItRefuses) {
  std::string refusal;
  EXPECT_EQ(OnednnGemm::create({0, 3, 3}, 8, false, false, &refusal), nullptr);
  EXPECT_EQ(refusal, "empty product");
  EXPECT_EQ(OnednnGemm::create({9, 3, 3, true}, 8, false, false, &refusal), nullptr);
  EXPECT_NE(refusal.find("whole number of tiles"), std::string::npos) << refusal;
  const auto gemm = make({8, 3, 3}, 8, true);
  const std::vector<float> x(64);
  std::vector<float> c(64);
  const Scratch scratch(gemm->scratch_bytes());
  EXPECT_THROW(gemm->run(x.data(), x.data(), nullptr, c.data(), scratch.data, 0, 1), Error);
  EXPECT_THROW(gemm->run(x.data(), x.data(), x.data(), c.data(), scratch.data, 0, 2), Error);
}

}  // namespace
}  // namespace castalia::cpu
