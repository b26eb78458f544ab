#include "bindings/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace castalia_cli {

namespace {

// A line for each of so many parts of the work, where there is no terminal.
constexpr int64_t kLines = 20;

}  // namespace

Progress::Progress(int64_t first, int64_t total)
    : terminal_(isatty(STDERR_FILENO) != 0),
      first_(first),
      total_(std::max<int64_t>(total, 1)),
      lines_(part_of(first, kLines)) {}

int64_t Progress::part_of(int64_t done, int64_t parts) const {
  return static_cast<int64_t>(static_cast<double>(done) / static_cast<double>(total_) *
                              static_cast<double>(parts));
}

Progress::~Progress() {
  if (drawn_) std::fputc('\n', stderr);
}

void Progress::show(int64_t done, const std::string& remark) {
  const Clock::time_point now = Clock::now();
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = static_cast<double>(done - first_) / std::max(seconds, 1e-9);
  const double left = static_cast<double>(total_ - done) / std::max(rate, 1e-9);
  if (terminal_) {
    if (drawn_ && done < total_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    draw(done, remark, left);
  } else if (part_of(done, kLines) > lines_) {
    lines_ = part_of(done, kLines);
    std::fprintf(stderr, "%3lld %%  %lld/%lld  %s  %.0f s left\n",
                 static_cast<long long>(part_of(done, 100)), static_cast<long long>(done),
                 static_cast<long long>(total_), remark.c_str(), left);
  }
}

void Progress::draw(int64_t done, const std::string& remark, double left) {
  drawn_ = true;
  constexpr int64_t kWidth = 30;
  const int64_t filled = part_of(done, kWidth);
  std::fprintf(stderr, "\r[%s%s] %lld/%lld  %s  %.0f s left\033[K",
               std::string(static_cast<size_t>(filled), '=').c_str(),
               std::string(static_cast<size_t>(kWidth - filled), ' ').c_str(),
               static_cast<long long>(done), static_cast<long long>(total_), remark.c_str(), left);
  std::fflush(stderr);
}

}  // namespace castalia_cli
