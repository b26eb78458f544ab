#include "cpp/base/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace castalia {
namespace {

TEST(ThreadPool, EveryTileRunsOnce) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (int64_t tiles : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> count(static_cast<size_t>(tiles));
      pool.run(tiles, [&](int64_t first, int64_t last, int thread) {
        EXPECT_LT(thread, threads);
        for (int64_t i = first; i < last; ++i) ++count[static_cast<size_t>(i)];
      });
      for (const auto& n : count) EXPECT_EQ(n, 1);
    }
  }
}

TEST(ThreadPool, NoMoreThreadsThanAskedForTakePart) {
  ThreadPool pool(4);
  for (const int most : {1, 2, 3, 4, 9}) {
    for (int repetition = 0; repetition < 200; ++repetition) {
      std::vector<std::atomic<int>> took(4);
      std::atomic<int64_t> tiles = 0;
      pool.run(
          64,
          [&](int64_t first, int64_t last, int thread) {
            took[static_cast<size_t>(thread)] = 1;
            tiles += last - first;
          },
          most);
      EXPECT_EQ(tiles, 64);
      int threads = 0;
      for (const auto& each : took) threads += each;
      EXPECT_LE(threads, most);
    }
  }
}

TEST(ThreadPool, ManyShortRuns) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum = 0;
  for (int i = 0; i < 20000; ++i) {
    pool.run(4, [&](int64_t first, int64_t last, int) { sum += last - first; });
  }
  EXPECT_EQ(sum, 80000);
}

TEST(ThreadPool, ThrowsWhatTheWorkThrewAndStaysUsable) {
  ThreadPool pool(2);
  const auto failing = [](int64_t first, int64_t, int) {
    if (first >= 5) throw std::runtime_error("tile");
  };
  EXPECT_THROW(pool.run(10, failing), std::runtime_error);
  int64_t done = 0;
  pool.run(1, [&](int64_t first, int64_t last, int) { done += last - first; });
  EXPECT_EQ(done, 1);
}

TEST(ThreadPool, WorksInAForkedChild) {
  ThreadPool pool(2);
  pool.run(8, [](int64_t, int64_t, int) {});
  const pid_t child = fork();
  if (child == 0) {
    int64_t done = 0;
    pool.run(8, [&](int64_t first, int64_t last, int) { done += last - first; });
    _exit(done == 8 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace castalia
