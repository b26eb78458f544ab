// How sampling grows with threads that share one model, each with a sampler of its own, through the
// C interface: events per second of one thread, of one a core, and of eight (or THREADS).
//
//   scaling [THREADS]       ratio: all of them together over cores times one; 0.9 is the goal
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <vector>

#include "capi/castalia.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kFeatures = 12;
constexpr int64_t kEvents = 256;
constexpr int kRounds = 5;
constexpr std::chrono::milliseconds kRound(300);

void require(castalia_status status) {
  if (status != CASTALIA_OK) throw std::runtime_error(castalia_last_error());
}

// The benchmark's flow, untrained but for one step: the time does not depend on the weights.
castalia_model* make_flow(castalia_context* context) {
  std::vector<float> values(kFeatures * kEvents);
  castalia_array x;
  const int64_t shape[] = {kEvents, kFeatures};
  require(castalia_array_dense(values.data(), CASTALIA_FLOAT32, 2, shape, &x));
  require(castalia_normal(1, 0, 1, &x));
  castalia_dataset* data = nullptr;
  require(castalia_dataset_create(context, &x, nullptr, nullptr, &data));
  castalia_config* fields = nullptr;
  require(castalia_config_create(&fields));
  require(castalia_config_set_json(fields, R"({"features": 12})"));
  castalia_model* model = nullptr;
  require(castalia_model_create(context, "coupling_flow", fields, &model));
  require(castalia_config_destroy(fields));
  require(castalia_config_create(&fields));
  require(castalia_config_set_json(fields, R"({"batch": 256, "steps": 1, "validation": 0})"));
  require(castalia_model_fit(model, data, fields, nullptr, nullptr));
  require(castalia_config_destroy(fields));
  require(castalia_dataset_destroy(data));
  return model;
}

// Events per second of so many threads together.
double throughput(castalia_model* model, int threads) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::atomic<bool> stop{false};
  std::atomic<int64_t> drawn{0};
  const auto draw = [&](int thread) {
    castalia_sampler* sampler = nullptr;
    require(castalia_sampler_create(model, static_cast<uint64_t>(thread), &sampler));
    std::vector<float> values(kFeatures * kEvents);
    castalia_array x;
    const int64_t shape[] = {kEvents, kFeatures};
    require(castalia_array_dense(values.data(), CASTALIA_FLOAT32, 2, shape, &x));
    require(castalia_sampler_next(sampler, nullptr, &x));  // its memory
    ++ready;
    while (!go) std::this_thread::yield();
    int64_t own = 0;
    for (; !stop; own += kEvents) require(castalia_sampler_next(sampler, nullptr, &x));
    drawn += own;
    require(castalia_sampler_destroy(sampler));
  };
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(draw, i);
  while (ready < threads) std::this_thread::yield();
  const Clock::time_point start = Clock::now();
  go = true;
  std::this_thread::sleep_for(kRound);
  stop = true;
  for (std::thread& thread : all) thread.join();
  return static_cast<double>(drawn) / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::atoi(arguments[1]) : 8;
  const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  castalia_context* context = nullptr;
  require(castalia_context_create(&context));
  castalia_model* model = make_flow(context);
  double one = 0;
  double a_core_each = 0;
  double all = 0;
  for (int round = 0; round < kRounds; ++round) {
    one = std::max(one, throughput(model, 1));
    a_core_each = std::max(a_core_each, throughput(model, cores));
    all = std::max(all, throughput(model, threads));
  }
  std::printf("1 thread %.0f, %d threads %.0f, %d threads %.0f events/s; ", one, cores, a_core_each,
              threads, all);
  std::printf("%d cores: %.2f of what they allow, and %.2f of one thread a core\n", cores,
              all / (std::min(cores, threads) * one), all / a_core_each);
  require(castalia_model_destroy(model));
  require(castalia_context_destroy(context));
}
