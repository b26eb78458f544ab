#include "cpp/io/events.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include "cpp/base/status.h"

namespace castalia {
namespace {

namespace fs = std::filesystem;

// Two massless partons give a Z, which decays to muons, and a massless recoil.
Event z_and_recoil() {
  constexpr double kMuon = 0.1056583755;
  const auto particle = [](int32_t id, int32_t status, int32_t first, int32_t last, double px,
                           double py, double pz, double mass) {
    Particle p;
    p.id = id;
    p.status = status;
    p.mothers = {first, last};
    p.px = px;
    p.py = py;
    p.pz = pz;
    p.mass = mass;
    p.energy = std::sqrt(px * px + py * py + pz * pz + mass * mass);
    return p;
  };
  const Particle plus = particle(-13, 1, 3, 0, 31.0, 17.0, -45.0, kMuon);
  const Particle minus = particle(13, 1, 3, 0, -20.0, 28.0, 60.0, kMuon);
  const Particle recoil = particle(21, 1, 1, 2, -11.0, -45.0, 100.0, 0);
  Particle z = particle(23, 2, 1, 2, 11.0, 45.0, 15.0, 0);
  z.energy = plus.energy + minus.energy;
  z.mass = std::sqrt(z.energy * z.energy - 11.0 * 11.0 - 45.0 * 45.0 - 15.0 * 15.0);
  const double energy = z.energy + recoil.energy, pz = z.pz + recoil.pz;
  Event event;
  event.particles = {particle(21, -1, 0, 0, 0, 0, (energy + pz) / 2, 0),
                     particle(21, -1, 0, 0, 0, 0, (pz - energy) / 2, 0),
                     z,
                     plus,
                     minus,
                     recoil};
  return event;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string failure(Code code, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

class EventFiles : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / text("events-", GetParam(), "-", getpid());
    fs::create_directories(folder_);
    path_ = folder_ / "z";
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::unique_ptr<EventWriter> writer() const { return make_event_writer(GetParam(), path_, {}); }
  int files() const { return static_cast<int>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_, path_;
};

TEST_P(EventFiles, AppearsWhenClosed) {
  const auto out = writer();
  out->write(z_and_recoil());
  EXPECT_FALSE(fs::exists(path_));
  out->close();
  EXPECT_GT(fs::file_size(path_), 500u);
  EXPECT_EQ(files(), 1);
  failure(Code::invalid_argument, [&] { out->write(z_and_recoil()); });
  failure(Code::invalid_argument, [&] { out->close(); });
}

TEST_P(EventFiles, NotClosedMeansNotWritten) {
  std::ofstream(path_) << "old";
  writer()->write(z_and_recoil());
  EXPECT_EQ(read(path_), "old");
  EXPECT_EQ(files(), 1);
}

TEST_P(EventFiles, ARefusedEventLeavesNoTrace) {
  const auto count = [&](bool with_bad_one) {
    const auto out = writer();
    out->write(z_and_recoil());
    if (with_bad_one) {
      Event bad = z_and_recoil();
      bad.particles[5].px += 1;
      failure(Code::invalid_argument, [&] { out->write(bad); });
    }
    out->write(z_and_recoil());
    out->close();
    return read(path_);
  };
  EXPECT_EQ(count(true), count(false));
}

TEST_P(EventFiles, FullDisk) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const auto fill = [&] {
    const auto out = make_event_writer(GetParam(), "/dev/full", {});
    for (int i = 0; i < 2000; ++i) out->write(z_and_recoil());
    out->close();
  };
  EXPECT_EQ(failure(Code::io_error, fill), "cannot write '/dev/full': No space left on device");
}

INSTANTIATE_TEST_SUITE_P(Formats, EventFiles, testing::Values("lhe", "hepmc3"));

TEST(LheWriter, WritesTheWholeOfAnEvent) {
  const fs::path path = fs::path(testing::TempDir()) / text("lhe-", getpid());
  RunInfo run;
  run.version = "<1>";
  LheWriter writer(path, run);
  writer.write(z_and_recoil());
  writer.close();
  const std::string content = read(path);
  fs::remove(path);
  EXPECT_TRUE(content.starts_with("<LesHouchesEvents version=\"3.0\">\n<init>\n 2212 2212 "));
  EXPECT_TRUE(content.ends_with("</event>\n</LesHouchesEvents>\n"));
  EXPECT_NE(content.find("<generator name=\"Castalia\" version=\"&lt;1&gt;\">"), std::string::npos);
  // 17 digits bring every number back exactly.
  const Event event = z_and_recoil();
  std::istringstream in(content.substr(content.find("<event>") + 7));
  int64_t count = 0, process = 0;
  double weight, scale, alpha_qed, alpha_qcd;
  in >> count >> process >> weight >> scale >> alpha_qed >> alpha_qcd;
  ASSERT_EQ(count, 6);
  EXPECT_EQ(weight, 1.0);
  EXPECT_EQ(scale, -1.0);
  for (const Particle& wanted : event.particles) {
    Particle p;
    double lifetime, spin;
    in >> p.id >> p.status >> p.mothers[0] >> p.mothers[1] >> p.colours[0] >> p.colours[1] >>
        p.px >> p.py >> p.pz >> p.energy >> p.mass >> lifetime >> spin;
    EXPECT_EQ(p.id, wanted.id);
    EXPECT_EQ(p.status, wanted.status);
    EXPECT_EQ(p.mothers, wanted.mothers);
    EXPECT_EQ(p.px, wanted.px);
    EXPECT_EQ(p.py, wanted.py);
    EXPECT_EQ(p.pz, wanted.pz);
    EXPECT_EQ(p.energy, wanted.energy);
    EXPECT_EQ(p.mass, wanted.mass);
    EXPECT_EQ(spin, 9.0);
  }
}

TEST(CheckEvent, NamesWhatIsWrong) {
  check_event(z_and_recoil(), 0);
  const auto refusal = [](Code code, auto change) {
    Event event = z_and_recoil();
    change(event.particles);
    return failure(code, [&] { check_event(event, 7); });
  };
  using Particles = std::vector<Particle>;
  const auto has = [](const std::string& message, const char* part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  has(refusal(Code::invalid_argument, [](Particles& p) { p[4].energy *= 1.00001; }),
      "event 7, particle 5 (PDG id 13) is off its mass shell");
  has(refusal(Code::invalid_argument, [](Particles& p) { p.pop_back(); }),
      "event 7 is not balanced: the final particles have ");
  has(refusal(Code::invalid_argument, [](Particles& p) { std::swap(p[5].px, p[5].py); }),
      "GeV more px");
  has(refusal(Code::not_finite, [](Particles& p) { p[3].py = std::nan(""); }),
      "event 7, particle 4 (PDG id -13): py is nan");
  has(refusal(Code::not_finite,
              [](Particles& p) { p[3].mass = std::numeric_limits<double>::infinity(); }),
      "the mass is inf");
  has(refusal(Code::invalid_argument, [](Particles& p) { p[3].status = 5; }),
      "status 5; allowed: -1");
  has(refusal(Code::invalid_argument,
              [](Particles& p) {
                p[3].mothers = {7, 0};
              }),
      "mothers 7 and 0");
  has(refusal(Code::invalid_argument,
              [](Particles& p) {
                p[3].mothers = {4, 0};
              }),
      "mothers 4 and 0");
  has(refusal(Code::invalid_argument,
              [](Particles& p) {
                p[3].mothers = {2, 1};
              }),
      "mothers 2 and 1");
  has(refusal(Code::invalid_argument,
              [](Particles& p) {
                p[3].mothers = {0, 0};
              }),
      "has no mother");
  has(refusal(Code::invalid_argument,
              [](Particles& p) {
                p[0].mothers = {2, 0};
              }),
      "is incoming, yet");
  has(refusal(Code::empty_data, [](Particles& p) { p.clear(); }), "event 7 has no particles");
}

// The size of a tolerance is part of the promise: just inside passes, just outside does not.
TEST(CheckEvent, ToleranceIsOneInAMillion) {
  const auto passes = [](double relative) {
    Event event = z_and_recoil();
    event.particles[5].energy *= 1 + relative;
    try {
      check_event(event, 0);
    } catch (const Error&) {
      return false;
    }
    return true;
  };
  // The shell moves by twice the change of the energy.
  EXPECT_TRUE(passes(0.4e-6));
  EXPECT_FALSE(passes(0.6e-6));
}

TEST(MakeEventWriter, UnknownFormat) {
  EXPECT_EQ(failure(Code::not_found, [] { make_event_writer("hepmc", "x", {}); }),
            "no event format 'hepmc'; did you mean 'hepmc3'?");
}

TEST(HepMc3Writer, AParticleCannotEndTwice) {
  Event event = z_and_recoil();
  event.particles[5].mothers = {1, 0};
  const fs::path path = fs::path(testing::TempDir()) / text("hepmc-", getpid());
  HepMc3Writer writer(path, {});
  EXPECT_EQ(failure(Code::invalid_argument, [&] { writer.write(event); }),
            "event 0, particle 1 ends in two vertices, which HepMC3 cannot hold");
}

}  // namespace
}  // namespace castalia
