#include "cpp/base/thread_pool.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "cpp/base/fp_environment.h"
#include "cpp/base/status.h"

namespace castalia {
namespace {

// Steps of a Program follow each other within microseconds: a short wait is spun through, a longer
// one sleeps, so that an idle pool takes no processor time from the host.
constexpr int kSpins = 4000;

// The fields of ThreadPool::state_.
constexpr uint32_t kOpen = 1U << 11;
constexpr uint32_t kCount = kOpen - 1;
constexpr uint32_t kRun = 1U << 12;

bool is_open(uint32_t state) { return (state & kOpen) != 0; }
uint32_t run_number(uint32_t state) { return state / kRun; }

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

int available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

ThreadPool::ThreadPool(int threads) : owner_process_(getpid()) {
  const int count = std::min<int>(threads > 0 ? threads : available_cores(), kCount);
  try {
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { worker(i); });
  } catch (const std::system_error& error) {
    join();
    fail(Code::out_of_memory, "no more threads: ", error.what());
  }
}

ThreadPool::~ThreadPool() {
  if (getpid() == owner_process_) {
    join();
    return;
  }
  // After fork() the threads do not exist here: there is nothing to join.
  for (std::thread& thread : workers_) thread.detach();
}

void ThreadPool::join() {
  stop_ = true;
  state_.fetch_add(kRun);
  state_.notify_all();
  for (std::thread& thread : workers_) thread.join();
}

void ThreadPool::take_tiles(int thread) {
  try {
    for (;;) {
      const int64_t first = next_.fetch_add(grain_, std::memory_order_relaxed);
      if (first >= tiles_) return;
      work_(object_, first, std::min(first + grain_, tiles_), thread);
    }
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
    next_.store(tiles_);
  }
}

void ThreadPool::worker(int thread) {
  const FpEnvironment environment;
  uint32_t done = 0;
  for (;;) {
    uint32_t state = state_.load(std::memory_order_acquire);
    const auto joinable = [&] {
      return is_open(state) && run_number(state) != done &&
             (state & kCount) < helpers_.load(std::memory_order_relaxed);
    };
    for (int i = 0; i < kSpins && !joinable() && !stop_; ++i) {
      pause();
      state = state_.load(std::memory_order_acquire);
    }
    if (stop_) return;
    if (!joinable()) {
      state_.wait(state, std::memory_order_acquire);
      continue;
    }
    if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel)) continue;
    done = run_number(state);
    take_tiles(thread);
    const uint32_t before = state_.fetch_sub(1, std::memory_order_acq_rel);
    if (!is_open(before) && (before & kCount) == 1) state_.notify_all();
  }
}

void ThreadPool::run(int64_t tiles, Work work, void* object, int most) {
  if (tiles <= 0) return;
  const int taking_part = std::min(most, threads());
  if (taking_part <= 1 || tiles == 1 || getpid() != owner_process_) {
    work(object, 0, tiles, 0);
    return;
  }
  work_ = work;
  object_ = object;
  tiles_ = tiles;
  grain_ = std::max<int64_t>(1, tiles / (4 * taking_part));
  helpers_.store(static_cast<uint32_t>(taking_part - 1), std::memory_order_relaxed);
  next_.store(0, std::memory_order_relaxed);
  failure_ = nullptr;
  state_.store((run_number(state_.load(std::memory_order_relaxed)) + 1) * kRun | kOpen,
               std::memory_order_release);
  state_.notify_all();
  take_tiles(0);
  uint32_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  for (int i = 0; i < kSpins && (state & kCount) != 0; ++i) {
    pause();
    state = state_.load(std::memory_order_acquire);
  }
  while ((state & kCount) != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace castalia
