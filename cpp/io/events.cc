#include "cpp/io/events.h"

#include <cmath>

#include "cpp/base/status.h"

namespace castalia {
namespace {

using Momentum = std::array<double, 4>;
constexpr std::array<const char*, 4> kComponents{"E", "px", "py", "pz"};

Momentum momentum(const Particle& p) { return {p.energy, p.px, p.py, p.pz}; }

void check_particle(const Event& event, size_t index, int64_t number) {
  const Particle& p = event.particles[index];
  const auto where = [&] {
    return text("event ", number, ", particle ", index + 1, " (PDG id ", p.id, ")");
  };
  if (p.status != -1 && p.status != 1 && p.status != 2) {
    fail(Code::invalid_argument, where(), ": status ", p.status,
         "; allowed: -1 (incoming), 1 (final), 2 (decayed)");
  }
  const Momentum parts = momentum(p);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!std::isfinite(parts[i]))
      fail(Code::not_finite, where(), ": ", kComponents[i], " is ", parts[i]);
  }
  if (!std::isfinite(p.mass)) fail(Code::not_finite, where(), ": the mass is ", p.mass);
  // (E - |p|)(E + |p|) keeps the digits that E^2 - p^2 loses.
  const double size = std::hypot(p.px, p.py, p.pz);
  const double excess = (p.energy - size) * (p.energy + size) - p.mass * p.mass;
  if (std::abs(excess) > kEventTolerance * p.energy * p.energy) {
    fail(Code::invalid_argument, where(), " is off its mass shell: E^2 - p^2 - m^2 = ", excess,
         " GeV^2 with E = ", p.energy, " and m = ", p.mass, " GeV; allowed: ", kEventTolerance,
         " E^2");
  }
  const auto [first, last] = p.mothers;
  const auto self = static_cast<int32_t>(index + 1);
  const auto count = static_cast<int32_t>(event.particles.size());
  const bool none = first == 0 && last == 0;
  const bool range =
      first >= 1 && first <= count && (last == 0 || (last >= first && last <= count));
  if (!(none || range) || (range && self >= first && self <= std::max(first, last))) {
    fail(Code::invalid_argument, where(), ": mothers ", first, " and ", last,
         "; allowed: 0 for none, or others among the ", count, " particles");
  }
  if (none != (p.status == -1)) {
    fail(Code::invalid_argument, where(),
         none ? " has no mother" : " is incoming, yet has a mother");
  }
}

void check_balance(const Event& event, int64_t number) {
  Momentum incoming{}, difference{};
  for (const Particle& p : event.particles) {
    const Momentum parts = momentum(p);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (p.status == -1) incoming[i] += parts[i];
      if (p.status == 1) difference[i] += parts[i];
    }
  }
  for (size_t i = 0; i < difference.size(); ++i) {
    difference[i] -= incoming[i];
    if (std::abs(difference[i]) > kEventTolerance * incoming[0]) {
      fail(Code::invalid_argument, "event ", number, " is not balanced: the final particles have ",
           difference[i], " GeV more ", kComponents[i],
           " than the incoming ones; allowed: ", kEventTolerance, " of the incoming energy, ",
           incoming[0], " GeV");
    }
  }
}

}  // namespace

void check_event(const Event& event, int64_t number) {
  if (event.particles.empty()) fail(Code::empty_data, "event ", number, " has no particles");
  if (!std::isfinite(event.weight)) {
    fail(Code::not_finite, "event ", number, ": the weight is ", event.weight);
  }
  for (size_t i = 0; i < event.particles.size(); ++i) check_particle(event, i, number);
  check_balance(event, number);
}

void EventWriter::write(const Event& event) {
  if (closed_) fail(Code::invalid_argument, "'", file_.path(), "' is closed already");
  check_event(event, count_);
  write_checked(event, count_);
  ++count_;
}

void EventWriter::close() {
  if (closed_) fail(Code::invalid_argument, "'", file_.path(), "' is closed already");
  closed_ = true;
  write_end();
  file_.commit();
}

std::unique_ptr<EventWriter> make_event_writer(std::string_view format, const std::string& path,
                                               const RunInfo& run) {
  if (format == "lhe") return std::make_unique<LheWriter>(path, run);
  if (format == "hepmc3") return std::make_unique<HepMc3Writer>(path, run);
  const std::vector<std::string> formats{"lhe", "hepmc3"};
  fail(Code::not_found, "no event format '", format, "'", suggestion(format, formats));
}

}  // namespace castalia
