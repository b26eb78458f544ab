// Where the time goes: with CASTALIA_PROFILE=FILE in the environment every step of every Program is
// timed, and when the process ends FILE holds a trace that chrome://tracing and ui.perfetto.dev
// show. An event is one thread's share of one step; it names the operators, the kernel and the
// place in the model, and gives the step's floating-point operations, its bytes, and which of its
// tiles were computed. Unset, it costs one test of a constant a run.
#ifndef CASTALIA_CPP_RUNTIME_PROFILE_H_
#define CASTALIA_CPP_RUNTIME_PROFILE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cpp/compile/program.h"

namespace castalia {

class Profile {
 public:
  using Clock = std::chrono::steady_clock;

  // The one that the environment asks for; null when it asks for none.
  static Profile* active();

  explicit Profile(std::string path);
  // Writes the file. A failure is told on the standard error: the work that was profiled stands.
  ~Profile();

  // Events point into the Program: it is kept until the end.
  void keep(std::shared_ptr<const Program> program);
  // The calling thread computed tiles [first, last) of the step from `start` until now.
  void add(const Step& step, int64_t first, int64_t last, Clock::time_point start);

  std::string json() const;

 private:
  struct Event {
    const Step* step;
    int64_t first, last;
    double start_us, duration_us;
    int64_t thread;
  };

  const std::string path_;
  const int64_t process_;  // a child made by fork() writes nothing
  const Clock::time_point begin_ = Clock::now();
  mutable std::mutex mutex_;
  std::set<std::shared_ptr<const Program>> programs_;
  std::vector<Event> events_;
  int64_t dropped_ = 0;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_PROFILE_H_
