// Work on the rows of a table whose errors are as reproducible as its numbers.
#ifndef CASTALIA_CPP_REFEREE_OBSERVABLES_ROWS_H_
#define CASTALIA_CPP_REFEREE_OBSERVABLES_ROWS_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>

#include "cpp/base/thread_pool.h"

namespace castalia::referee {

// Calls work(i, thread) for i from 0 to count - 1 on the pool's threads. When calls throw, the
// exception of the least i is thrown on, whatever the threads: an error names the same row always.
template <typename Function>
void for_each_row(ThreadPool& pool, int64_t count, Function&& work) {
  std::atomic<int64_t> failed{count};  // the least that is known
  std::exception_ptr failure;
  std::mutex mutex;
  pool.run(count, [&](int64_t first, int64_t last, int thread) {
    for (int64_t i = first; i < last && i < failed.load(std::memory_order_relaxed); ++i) {
      try {
        work(i, thread);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (i < failed.load()) {
          failed = i;
          failure = std::current_exception();
        }
      }
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_OBSERVABLES_ROWS_H_
