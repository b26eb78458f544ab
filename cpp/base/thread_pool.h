// Castalia's own threads. Work comes as tiles whose number does not depend on the threads.
#ifndef CASTALIA_CPP_BASE_THREAD_POOL_H_
#define CASTALIA_CPP_BASE_THREAD_POOL_H_

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace castalia {

// The number of cores this process may use.
int available_cores();

class ThreadPool {
 public:
  // The caller of run() is one of the threads, so threads - 1 are started. 0 means all cores.
  // An Error (out_of_memory) where the system gives no thread.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  static constexpr int kAll = 1 << 10;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(object, first, last, thread) for ranges that together cover [0, tiles), on all
  // threads but no more than `most`: small work is not worth waking all for. `thread` counts from 0
  // to threads() - 1. Returns when all is done; throws what the work threw first. One run at a
  // time: a pool belongs to one caller. With one thread, and in a child process made by fork()
  // (where the other threads do not exist), everything runs on the caller.
  using Work = void (*)(void* object, int64_t first, int64_t last, int thread);
  void run(int64_t tiles, Work work, void* object, int most = kAll);

  template <typename Function>
  void run(int64_t tiles, Function&& function, int most = kAll) {
    run(
        tiles,
        [](void* object, int64_t first, int64_t last, int thread) {
          (*static_cast<std::remove_reference_t<Function>*>(object))(first, last, thread);
        },
        const_cast<void*>(static_cast<const void*>(&function)), most);
  }

 private:
  void worker(int thread);
  void join();
  void take_tiles(int thread);

  std::vector<std::thread> workers_;
  int owner_process_;

  // One run: its work and the next tile that nobody has taken.
  Work work_ = nullptr;
  void* object_ = nullptr;
  int64_t tiles_ = 0;
  int64_t shares_ = 1;  // a thread takes one of so many shares of what is left, a tile at least
  std::atomic<int64_t> next_{0};
  std::atomic<uint32_t> helpers_{0};  // workers that may join the run
  // The run's number, whether it is open to be joined, and how many workers are in it. A worker
  // that comes late (the host's threads may hold the cores) finds the run closed, and nobody waits
  // for it.
  std::atomic<uint32_t> state_{0};
  std::atomic<bool> stop_{false};
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_THREAD_POOL_H_
