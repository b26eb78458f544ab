#include "bindings/cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace castalia_cli {

Progress::Progress(int64_t first, int64_t total)
    : visible_(isatty(STDERR_FILENO) != 0), first_(first), total_(std::max<int64_t>(total, 1)) {}

Progress::~Progress() {
  if (drawn_) std::fputc('\n', stderr);
}

void Progress::show(int64_t done, const std::string& remark) {
  if (!visible_) return;
  const Clock::time_point now = Clock::now();
  if (drawn_ && done < total_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  constexpr int kWidth = 30;
  const double part = static_cast<double>(done) / static_cast<double>(total_);
  const int filled = static_cast<int>(part * kWidth);
  const double seconds = std::chrono::duration<double>(now - started_).count();
  const double rate = static_cast<double>(done - first_) / std::max(seconds, 1e-9);
  const double left = static_cast<double>(total_ - done) / std::max(rate, 1e-9);
  std::fprintf(stderr, "\r[%s%s] %lld/%lld  %s  %.0f s left\033[K",
               std::string(static_cast<size_t>(filled), '=').c_str(),
               std::string(static_cast<size_t>(kWidth - filled), ' ').c_str(),
               static_cast<long long>(done), static_cast<long long>(total_), remark.c_str(), left);
  std::fflush(stderr);
}

}  // namespace castalia_cli
