#include <algorithm>
#include <map>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/io/events.h"
#include "cpp/io/io_library.h"

namespace castalia {
namespace {

// Lists of numbers of varying length, one after another.
struct Lists {
  std::vector<int32_t> begin{0};
  std::vector<int32_t> items;
  void end_list() { begin.push_back(static_cast<int32_t>(items.size())); }
};

int32_t hepmc_status(int32_t status) {
  constexpr int32_t kBeam = 4;
  return status == -1 ? kBeam : status;
}

std::vector<CastaliaIoParticle> particles_of(const Event& event) {
  std::vector<CastaliaIoParticle> out;
  for (const Particle& p : event.particles) {
    out.push_back({p.id, hepmc_status(p.status), p.px, p.py, p.pz, p.energy, p.mass});
  }
  return out;
}

// Particles with the same mothers come from one vertex, where those mothers end.
struct Vertices {
  Lists in, out;

  Vertices(const Event& event, int64_t number) {
    std::map<std::pair<int32_t, int32_t>, std::vector<int32_t>> children;
    for (size_t i = 0; i < event.particles.size(); ++i) {
      const auto [first, last] = event.particles[i].mothers;
      if (first > 0) children[{first, std::max(first, last)}].push_back(static_cast<int32_t>(i));
    }
    std::vector<bool> ended(event.particles.size(), false);
    for (const auto& [mothers, daughters] : children) {
      for (int32_t mother = mothers.first; mother <= mothers.second; ++mother) {
        const auto index = static_cast<size_t>(mother - 1);
        if (ended[index]) {
          fail(Code::invalid_argument, "event ", number, ", particle ", mother,
               " ends in two vertices, which HepMC3 cannot hold");
        }
        ended[index] = true;
        in.items.push_back(mother - 1);
      }
      in.end_list();
      out.items.insert(out.items.end(), daughters.begin(), daughters.end());
      out.end_list();
    }
  }
};

}  // namespace

HepMc3Writer::HepMc3Writer(const std::string& path, RunInfo run)
    : EventWriter(path, std::move(run)) {
  const auto sink = [](void* context, const char* bytes, size_t count) -> int32_t {
    auto* self = static_cast<HepMc3Writer*>(context);
    // HepMC3 writes on after a failure; the first one is the one to report.
    if (self->failure_ != nullptr) return 1;
    try {
      self->file_.write(bytes, count);
      return 0;
    } catch (...) {
      self->failure_ = std::current_exception();
      return 1;
    }
  };
  CastaliaIoError error;
  const int32_t code =
      io_library().hepmc3_open(sink, this, run_.generator.c_str(), run_.version.c_str(),
                               run_.description.c_str(), &handle_, &error);
  if (code != 0) give_up(code, error.message);
}

HepMc3Writer::~HepMc3Writer() {
  if (handle_ == nullptr) return;
  CastaliaIoError ignored;
  io_library().hepmc3_close(handle_, 0, &ignored);
}

void HepMc3Writer::write_checked(const Event& event, int64_t number) {
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  const std::vector<CastaliaIoParticle> particles = particles_of(event);
  const Vertices vertices(event, number);
  CastaliaIoHepMcEvent out{};
  out.number = number;
  out.weight = event.weight;
  out.scale = event.scale;
  out.alpha_qed = event.alpha_qed;
  out.alpha_qcd = event.alpha_qcd;
  out.cross_section = run_.cross_section;
  out.cross_section_error = run_.cross_section_error;
  out.process = run_.process;
  out.particles = particles.data();
  out.particle_count = particles.size();
  out.vertex_count = vertices.in.begin.size() - 1;
  out.vertex_in_begin = vertices.in.begin.data();
  out.vertex_in = vertices.in.items.data();
  out.vertex_out_begin = vertices.out.begin.data();
  out.vertex_out = vertices.out.items.data();
  CastaliaIoError error;
  const int32_t code = io_library().hepmc3_write(handle_, &out, &error);
  if (code != 0) give_up(code, error.message);
}

void HepMc3Writer::write_end() {
  CastaliaIoError error;
  const int32_t code = io_library().hepmc3_close(std::exchange(handle_, nullptr), 1, &error);
  if (code != 0) give_up(code, error.message);
}

// The file's own error says more than HepMC3 knows.
void HepMc3Writer::give_up(int32_t code, const char* message) {
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  fail(static_cast<Code>(code), "cannot write '", file_.path(), "': ", message);
}

}  // namespace castalia
