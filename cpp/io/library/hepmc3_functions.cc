#include "cpp/io/library/hepmc3_functions.h"

#include <HepMC3/Attribute.h>
#include <HepMC3/GenCrossSection.h>
#include <HepMC3/GenEvent.h>
#include <HepMC3/GenParticle.h>
#include <HepMC3/GenRunInfo.h>
#include <HepMC3/GenVertex.h>
#include <HepMC3/Setup.h>
#include <HepMC3/WriterAscii.h>
#include <locale.h>

#include <memory>
#include <ostream>
#include <streambuf>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/io/library/guard.h"

namespace castalia {
namespace {

using Sink = int32_t (*)(void* context, const char* bytes, size_t count);

// 16 digits behind the point: what is read back is what was written.
constexpr int kDigits = 16;

// Passes on what HepMC3 writes, until a sink refuses.
class SinkBuffer : public std::streambuf {
 public:
  SinkBuffer(Sink sink, void* context) : sink_(sink), context_(context) {}
  void close() { open_ = false; }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    if (!open_) return count;
    return sink_(context_, bytes, static_cast<size_t>(count)) == 0 ? count : 0;
  }
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  Sink sink_;
  void* context_;
  bool open_ = true;
};

// HepMC3 prints numbers by the thread's locale, which in a host may have decimal commas.
class PlainNumbers {
 public:
  PlainNumbers() : plain_(newlocale(LC_NUMERIC_MASK, "C", duplocale(uselocale(nullptr)))) {
    old_ = uselocale(plain_);
  }
  ~PlainNumbers() {
    uselocale(old_);
    freelocale(plain_);
  }
  PlainNumbers(const PlainNumbers&) = delete;
  PlainNumbers& operator=(const PlainNumbers&) = delete;

 private:
  locale_t plain_, old_;
};

std::shared_ptr<HepMC3::GenRunInfo> make_run(const char* tool, const char* version,
                                             const char* description) {
  auto run = std::make_shared<HepMC3::GenRunInfo>();
  run->tools().push_back({tool, version, description});
  run->set_weight_names({"weight"});
  return run;
}

class Writer {
 public:
  Writer(Sink sink, void* context, std::shared_ptr<HepMC3::GenRunInfo> run)
      : buffer_(sink, context), stream_(&buffer_), run_(std::move(run)) {
    writer_ = std::make_unique<HepMC3::WriterAscii>(stream_, run_);
    writer_->set_precision(kDigits);
    check_stream();
  }

  void write(const CastaliaIoHepMcEvent& in) {
    HepMC3::GenEvent event(run_, HepMC3::Units::GEV, HepMC3::Units::MM);
    event.set_event_number(static_cast<int>(in.number));
    event.weights() = {in.weight};
    add_vertices(in, event);
    add_attributes(in, event);
    writer_->write_event(event);
    check_stream();
  }

  void close(bool complete) {
    if (!complete) buffer_.close();
    writer_->close();
    writer_.reset();
    if (complete) check_stream();
  }

 private:
  void check_stream() const {
    if (!stream_) fail(Code::io_error, "the file refused what HepMC3 wrote");
  }

  static void add_vertices(const CastaliaIoHepMcEvent& in, HepMC3::GenEvent& event) {
    std::vector<HepMC3::GenParticlePtr> particles;
    for (size_t i = 0; i < in.particle_count; ++i) {
      const CastaliaIoParticle& p = in.particles[i];
      particles.push_back(std::make_shared<HepMC3::GenParticle>(
          HepMC3::FourVector(p.px, p.py, p.pz, p.energy), p.id, p.status));
      particles.back()->set_generated_mass(p.mass);
    }
    for (size_t v = 0; v < in.vertex_count; ++v) {
      auto vertex = std::make_shared<HepMC3::GenVertex>();
      for (int32_t i = in.vertex_in_begin[v]; i < in.vertex_in_begin[v + 1]; ++i) {
        vertex->add_particle_in(particles[static_cast<size_t>(in.vertex_in[i])]);
      }
      for (int32_t i = in.vertex_out_begin[v]; i < in.vertex_out_begin[v + 1]; ++i) {
        vertex->add_particle_out(particles[static_cast<size_t>(in.vertex_out[i])]);
      }
      event.add_vertex(vertex);
    }
  }

  static void add_attributes(const CastaliaIoHepMcEvent& in, HepMC3::GenEvent& event) {
    const auto cross_section = std::make_shared<HepMC3::GenCrossSection>();
    // It takes the number of weights from the event, so it must belong to one first.
    event.set_cross_section(cross_section);
    cross_section->set_cross_section(in.cross_section, in.cross_section_error);
    event.add_attribute("signal_process_id", std::make_shared<HepMC3::IntAttribute>(in.process));
    const auto add = [&](const char* name, double value) {
      if (value >= 0) event.add_attribute(name, std::make_shared<HepMC3::DoubleAttribute>(value));
    };
    add("event_scale", in.scale);
    add("alphaQED", in.alpha_qed);
    add("alphaQCD", in.alpha_qcd);
  }

  SinkBuffer buffer_;
  std::ostream stream_;
  std::shared_ptr<HepMC3::GenRunInfo> run_;
  std::unique_ptr<HepMC3::WriterAscii> writer_;
};

template <typename Body>
int32_t with_hepmc3(CastaliaIoError* error, Body body) noexcept {
  return guarded(error, [&] {
    HepMC3::Setup::set_print_errors(false);
    HepMC3::Setup::set_print_warnings(false);
    const PlainNumbers plain;
    body();
  });
}

int32_t open(Sink sink, void* context, const char* tool, const char* version,
             const char* description, void** writer, CastaliaIoError* error) {
  return with_hepmc3(
      error, [&] { *writer = new Writer(sink, context, make_run(tool, version, description)); });
}

int32_t write(void* writer, const CastaliaIoHepMcEvent* event, CastaliaIoError* error) {
  return with_hepmc3(error, [&] { static_cast<Writer*>(writer)->write(*event); });
}

int32_t close(void* writer, int32_t complete, CastaliaIoError* error) {
  return with_hepmc3(error, [&] {
    const std::unique_ptr<Writer> owned(static_cast<Writer*>(writer));
    owned->close(complete != 0);
  });
}

}  // namespace

void set_hepmc3_functions(CastaliaIoLibrary& table) {
  table.hepmc3_open = open;
  table.hepmc3_write = write;
  table.hepmc3_close = close;
}

}  // namespace castalia
