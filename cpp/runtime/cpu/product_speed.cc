// Our float products beside oneDNN's, called bare: the shapes of the networks that bench/ measures,
// and squares. Both sides get the second operand in the order that they like best, oneDNN also as
// it lies; the faster of its two counts. The sides take turns, and the least time of each is told.
//
//   product_speed [THREADS]                (CASTALIA_ONEDNN_LIBRARY names oneDNN)
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/thread_pool.h"
#include "cpp/runtime/cpu/gemm.h"
#include "cpp/runtime/cpu/onednn_library.h"
#include "oneapi/dnnl/dnnl.hpp"

// OpenMP's own, declared here because clang has no omp.h of its own on every system.
extern "C" void omp_set_num_threads(int);

namespace castalia::cpu {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSeconds = 0.3;  // of each shape
constexpr int kLeastTurns = 5;

template <typename T>
class Aligned {
 public:
  explicit Aligned(size_t count)
      : data_(static_cast<T*>(::operator new(count * sizeof(T) + 64, std::align_val_t(64)))) {}
  ~Aligned() { ::operator delete(data_, std::align_val_t(64)); }
  Aligned(const Aligned&) = delete;
  Aligned& operator=(const Aligned&) = delete;
  T* get() const { return data_; }

 private:
  T* data_;
};

void fill(float* values, int64_t count, uint64_t which) {
  fill_normal(Stream{1, which, 1, 0}, std::span(values, static_cast<size_t>(count)));
}

// oneDNN's product of one shape with all its threads.
class Bare {
 public:
  Bare(const GemmShape& shape, bool own_order, float* a, float* b, float* c) {
    using Memory = dnnl::memory;
    using Tag = dnnl::memory::format_tag;
    const auto type = Memory::data_type::f32;
    const Memory::desc a_desc({shape.m, shape.k}, type, Tag::ab);
    const Memory::desc b_desc({shape.k, shape.n}, type, Tag::ab);
    const Memory::desc c_desc({shape.m, shape.n}, type, Tag::ab);
    const Memory::desc b_any({shape.k, shape.n}, type, Tag::any);
    const dnnl::matmul::primitive_desc description(engine_, a_desc, own_order ? b_any : b_desc,
                                                   c_desc);
    primitive_ = dnnl::matmul(description);
    name_ = description.impl_info_str();
    Memory plain(b_desc, engine_, b);
    Memory weights = plain;
    if (own_order) {
      const Memory::desc wanted(description.query_md(dnnl::query::weights_md));
      weights_.emplace(wanted.get_size());
      weights = Memory(wanted, engine_, weights_->get());
      const dnnl::reorder::primitive_desc reorder(engine_, b_desc, engine_, wanted);
      dnnl::reorder(reorder).execute(stream_, plain, weights);
    }
    memories_ = {Memory(a_desc, engine_, a), weights, Memory(c_desc, engine_, c)};
    arguments_ = {{DNNL_ARG_SRC, memories_[0].get()},
                  {DNNL_ARG_WEIGHTS, memories_[1].get()},
                  {DNNL_ARG_DST, memories_[2].get()}};
  }
  void run() const {
    dnnl_primitive_execute(primitive_.get(), stream_.get(), 3, arguments_.data());
  }
  const std::string& name() const { return name_; }

 private:
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  dnnl::matmul primitive_;
  std::optional<Aligned<std::byte>> weights_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
  std::string name_;
};

struct Shape {
  const char* workload;
  int64_t m, k, n;
};

constexpr Shape kShapes[] = {
    {"P1", 1, 128, 128},   {"P1", 256, 6, 128},       {"P1", 256, 128, 128},
    {"P1", 256, 128, 138}, {"P1", 1024, 128, 128},    {"P4", 1, 64, 256},
    {"P4", 1, 256, 512},   {"P4", 1, 512, 504},       {"P4", 8, 256, 512},
    {"P4", 128, 64, 256},  {"P4", 128, 256, 512},     {"P4", 128, 512, 504},
    {"P4", 1024, 64, 256}, {"P4", 1024, 256, 512},    {"P4", 1024, 512, 504},
    {"P9", 1, 256, 256},   {"P9", 1024, 13, 256},     {"P9", 1024, 256, 256},
    {"P9", 1024, 256, 12}, {"square", 512, 512, 512}, {"square", 1024, 1024, 1024},
};

double seconds_of(const auto& work) {
  const Clock::time_point start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void compare(const Shape& shape, ThreadPool& pool) {
  const GemmShape gemm{shape.m, shape.n, shape.k};
  const Aligned<float> a(static_cast<size_t>(shape.m * shape.k));
  const Aligned<float> b(static_cast<size_t>(shape.k * shape.n));
  const Aligned<float> c(static_cast<size_t>(shape.m * shape.n));
  fill(a.get(), shape.m * shape.k, 1);
  fill(b.get(), shape.k * shape.n, 2);
  const Aligned<std::byte> packed_bytes(gemm_packed_bytes<float>(shape.k, shape.n));
  float* packed = reinterpret_cast<float*>(packed_bytes.get());
  gemm_pack(shape.k, shape.n, b.get(), false, 0, packed);
  const size_t stride = gemm_scratch_bytes<float>(gemm);
  const Aligned<std::byte> scratch(stride * static_cast<size_t>(pool.threads()));
  const Bare plain(gemm, false, a.get(), b.get(), c.get());
  const Bare own_order(gemm, true, a.get(), b.get(), c.get());

  const auto ours = [&](bool with_packed) {
    pool.run(gemm_tiles(gemm), [&](int64_t first, int64_t last, int thread) {
      std::byte* own = scratch.get() + stride * static_cast<size_t>(thread);
      if (with_packed) {
        gemm_run_packed_tiles<float>(gemm, a.get(), packed, c.get(), {}, own, first, last);
      } else {
        gemm_run_tiles<float>(gemm, a.get(), b.get(), c.get(), {}, own, first, last);
      }
    });
  };
  // A turn is long enough for the clock, and for caches to hold what they would in a network.
  const double flops = 2.0 * static_cast<double>(shape.m * shape.n * shape.k);
  const int repetitions = std::clamp(static_cast<int>(2e7 / flops), 1, 200);
  double least[4];
  std::fill_n(least, 4, std::numeric_limits<double>::infinity());
  const auto turn = [&](int side, const auto& work) {
    work();
    const double seconds = seconds_of([&] {
      for (int i = 0; i < repetitions; ++i) work();
    });
    least[side] = std::min(least[side], seconds / repetitions);
    return seconds;
  };
  double total = 0;
  for (int i = 0; i < kLeastTurns || total < kSeconds; ++i) {
    total += turn(0, [&] { ours(true); });
    total += turn(1, [&] { ours(false); });
    total += turn(2, [&] { plain.run(); });
    total += turn(3, [&] { own_order.run(); });
  }
  const double best = std::min(least[2], least[3]);
  std::printf("%-7s %5ld %5ld %5ld %10.1f %10.1f %10.1f %10.1f %8.1f %7.2f  %s\n", shape.workload,
              static_cast<long>(shape.m), static_cast<long>(shape.k), static_cast<long>(shape.n),
              least[0] * 1e6, least[1] * 1e6, least[2] * 1e6, least[3] * 1e6,
              flops / least[0] * 1e-9, best / least[0], own_order.name().c_str());
  std::fflush(stdout);
}

int measure(int threads) {
  std::string refusal;
  if (!open_onednn(&refusal)) {
    std::fprintf(stderr, "%s\n", refusal.c_str());
    return 1;
  }
  ThreadPool pool(threads);
  omp_set_num_threads(threads);
  std::printf("%d threads; microseconds\n", threads);
  std::printf(
      "             m     k     n       ours   unpacked     oneDNN    packed  GFlop/s   ratio\n");
  for (const Shape& shape : kShapes) compare(shape, pool);
  return 0;
}

}  // namespace
}  // namespace castalia::cpu

int main(int count, char** arguments) {
  return castalia::cpu::measure(count > 1 ? std::atoi(arguments[1]) : 1);
}
