// Collision events and the files that detector simulations and analyses read them from.
#ifndef CASTALIA_CPP_IO_EVENTS_H_
#define CASTALIA_CPP_IO_EVENTS_H_

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cpp/base/atomic_file.h"

namespace castalia {

struct Particle {
  int32_t id = 0;                    // PDG number
  int32_t status = 1;                // -1 incoming, 2 decayed, 1 final
  std::array<int32_t, 2> mothers{};  // first and last, counted from 1; 0 for none
  std::array<int32_t, 2> colours{};  // colour and anticolour line; 0 for none
  double energy = 0, px = 0, py = 0, pz = 0, mass = 0;  // GeV
};

// Every particle that is not incoming names the mothers it comes from.
struct Event {
  std::vector<Particle> particles;
  double weight = 1;
  double scale = -1;  // GeV; negative where there is none, and so for the couplings
  double alpha_qed = -1;
  double alpha_qcd = -1;
};

// What a file says once, about all its events.
struct RunInfo {
  std::array<int32_t, 2> beams{2212, 2212};           // PDG numbers
  std::array<double, 2> beam_energies{6500, 6500};    // GeV
  double cross_section = 1, cross_section_error = 0;  // pb
  int32_t process = 1;
  std::string generator = "Castalia", version, description;
};

// The tolerance of balance (of the incoming energy) and of mass shells (of E squared).
inline constexpr double kEventTolerance = 1e-6;

// Errors: not_finite; invalid_argument when incoming and final momenta do not balance, a particle
// is off its mass shell, or the mothers make no sense. Messages name the event, the particle
// (counted from 1) and the component.
void check_event(const Event& event, int64_t number);

// Writes events one by one; the file appears under its name when it is closed, and never if it is
// not. Momenta and masses have 17 digits: what is read back is what was written. Belongs to one
// thread at a time. Errors of write() and close(): those of check_event, io_error with the system's
// words. An event that is refused leaves the file as it was; after an io_error the writer is of no
// more use.
class EventWriter {
 public:
  virtual ~EventWriter() = default;
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  void write(const Event& event);
  void close();

 protected:
  EventWriter(const std::string& path, RunInfo run) : file_(path), run_(std::move(run)) {}

  AtomicFile file_;
  RunInfo run_;

 private:
  virtual void write_checked(const Event& event, int64_t number) = 0;
  virtual void write_end() = 0;

  int64_t count_ = 0;
  bool closed_ = false;
};

// Les Houches Event File, version 3.0 (arXiv:1405.1067).
class LheWriter final : public EventWriter {
 public:
  LheWriter(const std::string& path, RunInfo run);

 private:
  void write_checked(const Event& event, int64_t number) override;
  void write_end() override;
};

// HepMC3 ASCII (arXiv:1912.08005), in GeV and mm, written by the HepMC3 library. Incoming particles
// are the beams of the file.
class HepMc3Writer final : public EventWriter {
 public:
  HepMc3Writer(const std::string& path, RunInfo run);
  ~HepMc3Writer() override;

 private:
  void write_checked(const Event& event, int64_t number) override;
  void write_end() override;
  [[noreturn]] void give_up(int32_t code, const char* message);

  void* handle_ = nullptr;
  std::exception_ptr failure_;  // what the file threw while HepMC3 wrote to it
};

// format: "lhe" or "hepmc3". Error: not_found, with the formats there are.
std::unique_ptr<EventWriter> make_event_writer(std::string_view format, const std::string& path,
                                               const RunInfo& run);

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_EVENTS_H_
