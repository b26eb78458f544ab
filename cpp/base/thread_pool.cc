#include "cpp/base/thread_pool.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "cpp/base/fp_environment.h"
#include "cpp/base/status.h"

namespace castalia {
namespace {

// Steps of a Program follow each other within microseconds, and the last tiles of a step are ready
// soon after each other: a short wait is spun through, a longer one sleeps, so that an idle pool
// takes no processor time from the host. Waking up costs some 50 microseconds where the core has
// gone to sleep.
constexpr int kSpins = 400;  // some ten microseconds
constexpr std::chrono::microseconds kLongestSpin(300);
// A yield takes half a microsecond when no other thread wants the core.
constexpr std::chrono::microseconds kLongestYield(20);

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

// Waits in an awake state until `ready`: first without a word to the system, then giving way to
// other threads each time. False when it took too long, or when the core was given to another: then
// the host's threads hold the cores, and who waits had better sleep.
template <typename Ready>
bool spin_until(const Ready& ready) {
  for (int i = 0; i < kSpins; ++i) {
    if (ready()) return true;
    pause();
  }
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (Clock::time_point before = start; before - start < kLongestSpin;) {
    std::this_thread::yield();
    if (ready()) return true;
    const Clock::time_point now = Clock::now();
    if (now - before > kLongestYield) return false;
    before = now;
    for (int i = 0; i < kSpins / 10; ++i) {
      if (ready()) return true;
      pause();
    }
  }
  return false;
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
      int64_t first = next_.load(std::memory_order_relaxed);
      int64_t last = first;
      do {
        if (first >= tiles_) return;
        last = first + std::max<int64_t>(1, (tiles_ - first) / shares_);
      } while (!next_.compare_exchange_weak(first, last, std::memory_order_relaxed));
      work_(object_, first, last, thread);
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
    const bool found = spin_until([&] {
      state = state_.load(std::memory_order_acquire);
      return joinable() || stop_;
    });
    if (stop_) return;
    if (!found) {
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
  shares_ = 3 * taking_part;
  helpers_.store(static_cast<uint32_t>(taking_part - 1), std::memory_order_relaxed);
  next_.store(0, std::memory_order_relaxed);
  failure_ = nullptr;
  state_.store((run_number(state_.load(std::memory_order_relaxed)) + 1) * kRun | kOpen,
               std::memory_order_release);
  // No more than are of use; who is awake already needs no call.
  if (taking_part == threads()) {
    state_.notify_all();
  } else {
    for (int i = 1; i < taking_part; ++i) state_.notify_one();
  }
  take_tiles(0);
  uint32_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  spin_until([&] {
    state = state_.load(std::memory_order_acquire);
    return (state & kCount) == 0;
  });
  while ((state & kCount) != 0) {
    state_.wait(state, std::memory_order_acquire);
    state = state_.load(std::memory_order_acquire);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace castalia
