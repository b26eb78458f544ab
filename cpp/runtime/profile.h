// Where the time goes: with CASTALIA_PROFILE=FILE in the environment every step of every Program is
// timed, and when the process ends FILE holds a trace that chrome://tracing and ui.perfetto.dev
// show. An event is one thread's share of one step; it names the operators, the kernel and the
// place in the model, and gives the step's floating-point operations, its bytes, and which of its
// tiles were computed. Unset, it costs one test of a constant a run.
//
// On a device every second run of a Program but for the first is timed step by step, without the
// recording, by the device's own clock; the others as users have them, as one event "recording".
// What the host does for a device has events of its own (ProfiledPart): "launch", "wait", "store".
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
  // A device computed the step for so long, from so long after `start`; or, with no step, all of a
  // Program.
  void add_on_device(const Step* step, Clock::time_point start, double after_us,
                     double duration_us);
  // The calling thread did this until now.
  void add_part(const char* name, Clock::time_point start);

  std::string json() const;

 private:
  struct Event {
    const Step* step;  // null: the part of that name
    const char* part;
    int64_t first, last;
    double start_us, duration_us;
    int64_t thread;  // 0: a device
  };

  void add(const Event& event);

  const std::string path_;
  const int64_t process_;  // a child made by fork() writes nothing
  const Clock::time_point begin_ = Clock::now();
  mutable std::mutex mutex_;
  std::set<std::shared_ptr<const Program>> programs_;
  std::vector<Event> events_;
  int64_t dropped_ = 0;
};

// A part of a call, from here to the end of the scope, where a profile is asked for.
class ProfiledPart {
 public:
  explicit ProfiledPart(const char* name) : profile_(Profile::active()), name_(name) {
    if (profile_ != nullptr) start_ = Profile::Clock::now();
  }
  ~ProfiledPart() {
    if (profile_ != nullptr) profile_->add_part(name_, start_);
  }
  ProfiledPart(const ProfiledPart&) = delete;
  ProfiledPart& operator=(const ProfiledPart&) = delete;

 private:
  Profile* const profile_;
  const char* const name_;
  Profile::Clock::time_point start_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_PROFILE_H_
