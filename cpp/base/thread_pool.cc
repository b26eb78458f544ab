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
  const int count = threads > 0 ? threads : available_cores();
  try {
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { worker(i); });
  } catch (const std::system_error& error) {
    stop_ = true;
    generation_.fetch_add(1);
    generation_.notify_all();
    for (std::thread& thread : workers_) thread.join();
    fail(Code::out_of_memory, "no more threads: ", error.what());
  }
}

ThreadPool::~ThreadPool() {
  if (getpid() != owner_process_) {
    // After fork() the threads do not exist here: there is nothing to join.
    for (std::thread& thread : workers_) thread.detach();
    return;
  }
  stop_ = true;
  generation_.fetch_add(1);
  generation_.notify_all();
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
  uint32_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && generation_.load(std::memory_order_acquire) == seen; ++i) pause();
    generation_.wait(seen, std::memory_order_acquire);
    if (stop_) return;
    seen = generation_.load(std::memory_order_acquire);
    take_tiles(thread);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) running_.notify_one();
  }
}

void ThreadPool::run(int64_t tiles, Work work, void* object) {
  if (tiles <= 0) return;
  if (workers_.empty() || tiles == 1 || getpid() != owner_process_) {
    work(object, 0, tiles, 0);
    return;
  }
  work_ = work;
  object_ = object;
  tiles_ = tiles;
  grain_ = std::max<int64_t>(1, tiles / (4 * threads()));
  next_.store(0, std::memory_order_relaxed);
  failure_ = nullptr;
  running_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  take_tiles(0);
  int left = running_.load(std::memory_order_acquire);
  for (int i = 0; i < kSpins && left != 0; ++i) {
    pause();
    left = running_.load(std::memory_order_acquire);
  }
  while (left != 0) {
    running_.wait(left, std::memory_order_acquire);
    left = running_.load(std::memory_order_acquire);
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace castalia
