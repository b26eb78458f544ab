#include "cpp/runtime/profile.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "cpp/base/text.h"

namespace castalia {
namespace {

// Some 50 MB of memory; later events are counted and left out.
constexpr size_t kMostEvents = 1 << 20;

int64_t thread_number() {
  static thread_local const auto number = static_cast<int64_t>(syscall(SYS_gettid));
  return number;
}

double microseconds(Profile::Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// Labels and scopes are made of operators' and layers' names; anything else is escaped.
std::string quoted(const std::string& words) {
  std::string out = "\"";
  for (const char c : words) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

}  // namespace

Profile* Profile::active() {
  static const std::unique_ptr<Profile> profile = [] {
    const char* path = std::getenv("CASTALIA_PROFILE");
    const bool wanted = path != nullptr && *path != '\0';
    return wanted ? std::make_unique<Profile>(path) : nullptr;
  }();
  return profile.get();
}

Profile::Profile(std::string path) : path_(std::move(path)), process_(getpid()) {
  events_.reserve(4096);
}

Profile::~Profile() {
  if (process_ != getpid()) return;
  std::FILE* file = std::fopen(path_.c_str(), "w");
  const std::string out = json();
  const bool written =
      file != nullptr && std::fwrite(out.data(), 1, out.size(), file) == out.size();
  const bool closed = file != nullptr && std::fclose(file) == 0;
  if (!written || !closed) {
    std::fprintf(stderr, "castalia: the profile cannot be written to %s\n", path_.c_str());
  }
}

void Profile::keep(std::shared_ptr<const Program> program) {
  const std::lock_guard lock(mutex_);
  programs_.insert(std::move(program));
}

void Profile::add(const Step& step, int64_t first, int64_t last, Clock::time_point start) {
  const double duration = microseconds(Clock::now() - start);
  add({&step, "", first, last, microseconds(start - begin_), duration, thread_number()});
}

void Profile::add_on_device(const Step* step, Clock::time_point start, double after_us,
                            double duration_us) {
  add({step, "recording", 0, 1, microseconds(start - begin_) + after_us, duration_us, 0});
}

void Profile::add_part(const char* name, Clock::time_point start) {
  const double duration = microseconds(Clock::now() - start);
  add({nullptr, name, 0, 1, microseconds(start - begin_), duration, thread_number()});
}

void Profile::add(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (events_.size() == kMostEvents) {
    ++dropped_;
    return;
  }
  events_.push_back(event);
}

std::string Profile::json() const {
  const std::lock_guard lock(mutex_);
  std::string out = "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [";
  const char* separator = "\n";
  char numbers[320];
  for (const Event& event : events_) {
    out += std::exchange(separator, ",\n");
    if (event.step == nullptr) {
      std::snprintf(numbers, sizeof numbers,
                    "{\"ph\": \"X\", \"cat\": \"part\", \"name\": \"%s\", \"pid\": %lld, \"tid\": "
                    "%lld, \"ts\": %.3f, \"dur\": %.3f}",
                    event.part, static_cast<long long>(process_),
                    static_cast<long long>(event.thread), event.start_us, event.duration_us);
      out += numbers;
      continue;
    }
    const Step& step = *event.step;
    out += "{\"ph\": \"X\", \"cat\": \"kernel\", \"name\": " + quoted(step.label);
    std::snprintf(
        numbers, sizeof numbers,
        ", \"pid\": %lld, \"tid\": %lld, \"ts\": %.3f, \"dur\": %.3f, \"args\": {\"flops\": "
        "%.0f, \"bytes\": %.0f, \"first_tile\": %lld, \"last_tile\": %lld, \"tiles\": %lld",
        static_cast<long long>(process_), static_cast<long long>(event.thread), event.start_us,
        event.duration_us, step.flops, step.bytes, static_cast<long long>(event.first),
        static_cast<long long>(event.last), static_cast<long long>(step.kernel->tiles()));
    out += numbers;
    out += ", \"kernel\": " + quoted(step.kernel_name) + ", \"scope\": " + quoted(step.scope);
    out += ", \"result\": ";
    out += quoted(step.output_types.empty() ? std::string() : text(step.output_types[0])) + "}}";
  }
  return out + text("\n], \"otherData\": {\"events left out\": ", dropped_, "}}\n");
}

}  // namespace castalia
