// Writes one file of each kind for other programs to read, and copies files that others wrote.
//   files write FOLDER
//   files copy-safetensors FROM TO
//   files copy-hdf5 FROM DATASET TO
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/io/events.h"
#include "cpp/io/hdf5.h"
#include "cpp/io/safetensors.h"

namespace castalia {
namespace {

constexpr double kMuonMass = 0.1056583755;
constexpr int kEvents = 200;

Particle from_pt_eta_phi(int32_t id, double pt, double eta, double phi, double mass) {
  Particle p;
  p.id = id;
  p.px = pt * std::cos(phi);
  p.py = pt * std::sin(phi);
  p.pz = pt * std::sinh(eta);
  p.mass = mass;
  p.energy = std::sqrt(pt * pt * std::cosh(eta) * std::cosh(eta) + mass * mass);
  return p;
}

Particle parton(double energy, double direction) {
  Particle p;
  p.id = 21;
  p.status = -1;
  p.energy = energy;
  p.pz = direction * energy;
  return p;
}

// Two muons anywhere in the detector and the massless recoil that balances their transverse
// momenta.
Event draw_event(uint64_t number) {
  const Stream stream{1, number, 0, 0};
  const auto muon = [&](int32_t id, uint32_t first) {
    return from_pt_eta_phi(id, 20 + 80 * uniform(stream, first), 2.7 * normal(stream, first + 1),
                           2 * M_PI * uniform(stream, first + 2), kMuonMass);
  };
  Particle plus = muon(-13, 0), minus = muon(13, 3);
  Particle z;
  z.id = 23;
  z.status = 2;
  z.energy = plus.energy + minus.energy;
  z.px = plus.px + minus.px;
  z.py = plus.py + minus.py;
  z.pz = plus.pz + minus.pz;
  const double momentum = std::hypot(z.px, z.py, z.pz);
  z.mass = std::sqrt((z.energy - momentum) * (z.energy + momentum));
  Particle recoil =
      from_pt_eta_phi(21, std::hypot(z.px, z.py), normal(stream, 6), std::atan2(-z.py, -z.px), 0);
  plus.mothers = minus.mothers = {3, 3};
  z.mothers = recoil.mothers = {1, 2};
  const double energy = z.energy + recoil.energy, pz = z.pz + recoil.pz;
  Event event;
  event.particles = {
      parton((energy + pz) / 2, 1), parton((energy - pz) / 2, -1), z, plus, minus, recoil};
  event.scale = z.mass;
  return event;
}

void write_events(const std::string& format, const std::string& path) {
  RunInfo run;
  run.version = "1.0";
  run.description = "muons & recoil";
  run.cross_section = 12.5;
  run.cross_section_error = 0.25;
  const auto writer = make_event_writer(format, path, run);
  for (uint64_t number = 0; number < kEvents; ++number) writer->write(draw_event(number));
  writer->close();
}

void write_all(const std::string& folder) {
  const std::vector<float> f32{1.5f, -0.0f, 3e38f, 4, 5, 6};
  const std::vector<double> f64{0.1, -1e-308};
  const std::vector<int32_t> i32{-1, INT32_MAX};
  const std::vector<int64_t> i64{INT64_MIN};
  write_safetensors(folder + "/castalia.safetensors",
                    std::vector<TensorToWrite>{{"f32", DType::float32, {2, 3}, f32.data()},
                                               {"f64", DType::float64, {2}, f64.data()},
                                               {"i32", DType::int32, {1, 2}, i32.data()},
                                               {"i64", DType::int64, {}, i64.data()}},
                    {{"specification", R"({"features": 9})"}, {"particle", "μ⁺"}});

  Hdf5Writer hdf5(folder + "/castalia.h5");
  std::vector<double> rows(1000 * 12);
  std::iota(rows.begin(), rows.end(), 0.0);
  hdf5.append("particles", DType::float64, {400, 3, 4}, rows.data(), 4);
  hdf5.append("particles", DType::float64, {600, 3, 4}, rows.data() + 400 * 12, 4);
  hdf5.append("run/f32", DType::float32, {6}, f32.data());
  hdf5.append("run/i32", DType::int32, {2}, i32.data());
  hdf5.append("run/i64", DType::int64, {1}, i64.data());
  hdf5.close();

  write_events("lhe", folder + "/castalia.lhe");
  write_events("hepmc3", folder + "/castalia.hepmc3");
  Hdf5Writer truth(folder + "/events.h5");
  for (uint64_t number = 0; number < kEvents; ++number) {
    std::vector<double> momenta;
    for (const Particle& p : draw_event(number).particles) {
      momenta.insert(momenta.end(), {p.energy, p.px, p.py, p.pz, p.mass});
    }
    truth.append("events", DType::float64, {1, 6, 5}, momenta.data());
  }
  truth.close();
}

void copy_safetensors(const std::string& from, const std::string& to) {
  const SafetensorsFile file = read_safetensors(from);
  std::vector<TensorToWrite> tensors;
  for (const StoredTensor& tensor : file.tensors) {
    tensors.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.data.get()});
  }
  write_safetensors(to, tensors, file.metadata);
}

void copy_hdf5(const std::string& from, const std::string& dataset, const std::string& to) {
  const Hdf5Dataset stored = hdf5_describe(from, dataset);
  const int64_t rows = stored.shape[0];
  std::vector<std::byte> data(static_cast<size_t>(stored.shape.count()) * size_of(stored.dtype));
  hdf5_read(from, dataset, 0, rows, stored.dtype, data.data());
  Hdf5Writer writer(to);
  writer.append(dataset, stored.dtype, stored.shape, data.data());
  writer.close();
}

int run(const std::vector<std::string>& arguments) {
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "write" && arguments.size() == 2) {
    write_all(arguments[1]);
  } else if (what == "copy-safetensors" && arguments.size() == 3) {
    copy_safetensors(arguments[1], arguments[2]);
  } else if (what == "copy-hdf5" && arguments.size() == 4) {
    copy_hdf5(arguments[1], arguments[2], arguments[3]);
  } else {
    std::fputs("usage: files write FOLDER | copy-safetensors FROM TO | copy-hdf5 FROM DATASET TO\n",
               stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace castalia

int main(int count, char** arguments) {
  try {
    return castalia::run({arguments + 1, arguments + count});
  } catch (const castalia::Error& error) {
    std::fprintf(stderr, "%s: %s\n", castalia::name(error.code()), error.what());
    return 1;
  }
}
