// A bar on stderr, where that is a terminal; elsewhere a line every few percent.
#ifndef CASTALIA_BINDINGS_CLI_PROGRESS_H_
#define CASTALIA_BINDINGS_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace castalia_cli {

class Progress {
 public:
  // `first` of `total` are done already.
  Progress(int64_t first, int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Draws at most ten times a second, and always at the end. `remark` says how it goes.
  void show(int64_t done, const std::string& remark = "");

 private:
  using Clock = std::chrono::steady_clock;
  int64_t part_of(int64_t done, int64_t parts) const;
  void draw(int64_t done, const std::string& remark, double seconds_left);

  bool terminal_;
  bool drawn_ = false;
  int64_t first_, total_;
  int64_t lines_;  // parts of the work that have had their line
  Clock::time_point started_ = Clock::now(), last_;
};

}  // namespace castalia_cli

#endif  // CASTALIA_BINDINGS_CLI_PROGRESS_H_
