// The threads of a block where there is no device: they take turns, from one sync() to the next.
// So whatever a thread reads of another's without a sync() between is, in one of the two orders in
// which they go, not yet written.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_EMULATED_THREADS_H_
#define CASTALIA_CPP_RUNTIME_CUDA_EMULATED_THREADS_H_

#include <ucontext.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "cpp/base/status.h"

namespace castalia::cuda {

class EmulatedThreads {
 public:
  explicit EmulatedThreads(int threads) : stacks_(new std::byte[kStack * size_t(threads)]) {
    contexts_.resize(static_cast<size_t>(threads));
    values_.resize(kMostValue * static_cast<size_t>(threads));
  }

  // body() in every thread. The first thread goes first, or last.
  void run(bool backwards, const std::function<void()>& body) {
    body_ = &body;
    running_ = this;
    const int threads = count();
    finished_ = 0;
    for (int t = 0; t < threads; ++t) {
      ucontext_t& context = contexts_[static_cast<size_t>(t)];
      getcontext(&context);
      context.uc_stack.ss_sp = stacks_.get() + kStack * static_cast<size_t>(t);
      context.uc_stack.ss_size = kStack;
      context.uc_link = &scheduler_;
      makecontext(&context, &EmulatedThreads::start, 0);
    }
    while (finished_ == 0) {
      for (int t = 0; t < threads; ++t) {
        current_ = backwards ? threads - 1 - t : t;
        swapcontext(&scheduler_, &contexts_[static_cast<size_t>(current_)]);
        if (failure_) std::rethrow_exception(failure_);
      }
      check(finished_ == 0 || finished_ == threads, "some threads of a block wait in a sync() ",
            "that others do not reach");
    }
    running_ = nullptr;
  }

  // Of the thread whose turn it is.
  static EmulatedThreads& running() { return *running_; }
  int thread() const { return current_; }
  int count() const { return static_cast<int>(contexts_.size()); }
  void sync() { swapcontext(&contexts_[static_cast<size_t>(current_)], &scheduler_); }

  // A thread's place for what it shows to the others.
  static constexpr size_t kMostValue = 32;
  std::byte* value(int thread) { return values_.data() + kMostValue * static_cast<size_t>(thread); }

 private:
  static constexpr size_t kStack = 64 * 1024;

  static void start() {
    EmulatedThreads& threads = running();
    try {
      (*threads.body_)();
    } catch (...) {
      threads.failure_ = std::current_exception();
    }
    ++threads.finished_;
  }

  static inline thread_local EmulatedThreads* running_ = nullptr;

  std::unique_ptr<std::byte[]> stacks_;
  std::vector<ucontext_t> contexts_;
  std::vector<std::byte> values_;
  ucontext_t scheduler_;
  const std::function<void()>* body_ = nullptr;
  std::exception_ptr failure_;
  int current_ = 0;
  int finished_ = 0;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_EMULATED_THREADS_H_
