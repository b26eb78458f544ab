// Random numbers for the host, event files, HDF5.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "capi/arrays.h"
#include "capi/call.h"
#include "capi/objects.h"
#include "cpp/base/philox.h"
#include "cpp/io/events.h"
#include "cpp/io/hdf5.h"

namespace castalia::capi {
namespace {

// Stages of the host; models draw from others (cpp/nn/stages.h).
constexpr int32_t kHostStages = 1000;

using Fill = void (*)(const Stream&, std::span<double>, uint32_t);

castalia_status draw(uint64_t seed, int64_t first_event, int32_t stage, const castalia_array* x,
                     Fill fill) {
  return call([&] {
    const Shape shape = expect_shape(x, "x", {-1, -1}, "(events, numbers)");
    if (first_event < 0)
      fail(Code::out_of_range, "first_event is ", first_event, "; allowed: 0 or more");
    if (stage < 0 || stage >= kHostStages) {
      fail(Code::out_of_range, "stage is ", stage, "; allowed: 0 to ", kHostStages - 1);
    }
    const Output out(x, 2);
    const auto columns = static_cast<size_t>(shape[1]);
    for (int64_t i = 0; i < shape[0]; ++i) {
      const Stream stream{seed, static_cast<uint64_t>(first_event + i),
                          static_cast<uint16_t>(stage)};
      fill(stream, out.values().subspan(static_cast<size_t>(i) * columns, columns), 0);
    }
    out.store();
  });
}

struct EventWriterObject {
  using Handle = castalia_event_writer;
  static constexpr Kind kKind = Kind::event_writer;

  EventWriter& live() const {
    if (!writer) fail(Code::invalid_argument, "the event writer is closed");
    return *writer;
  }

  std::unique_ptr<EventWriter> writer;
  Event event;  // kept, so that writing one allocates nothing
  std::atomic<bool> busy{false};
};

RunInfo run_info(const std::string& json) {
  using enum FieldType;
  static const Field fields[] = {
      {.name = "energy",
       .type = real,
       .default_value = "6500",
       .meaning = "energy of each beam in GeV",
       .least = 0,
       .greatest = 1e9},
      {.name = "beam",
       .type = integer,
       .default_value = "2212",
       .meaning = "PDG number of both beams",
       .least = -1e10,
       .greatest = 1e10},
      {.name = "cross_section", .type = real, .default_value = "1", .meaning = "in pb", .least = 0},
      {.name = "cross_section_error",
       .type = real,
       .default_value = "0",
       .meaning = "in pb",
       .least = 0},
      {.name = "process",
       .type = integer,
       .default_value = "1",
       .meaning = "number of the process",
       .least = -1e9,
       .greatest = 1e9},
      {.name = "generator",
       .type = text,
       .default_value = R"("Castalia")",
       .meaning = "name of the program that makes the events"}};
  const FieldValues values("event writer", fields, json);
  RunInfo run;
  const auto beam = static_cast<int32_t>(values.integer("beam"));
  run.beams = {beam, beam};
  run.beam_energies = {values.real("energy"), values.real("energy")};
  run.cross_section = values.real("cross_section");
  run.cross_section_error = values.real("cross_section_error");
  run.process = static_cast<int32_t>(values.integer("process"));
  run.generator = values.text("generator");
  run.version = castalia_version();
  return run;
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_uniform(uint64_t seed, int64_t first_event, int32_t stage,
                                              const castalia_array* x) {
  return draw(seed, first_event, stage, x, fill_uniform);
}
CASTALIA_API castalia_status castalia_normal(uint64_t seed, int64_t first_event, int32_t stage,
                                             const castalia_array* x) {
  return draw(seed, first_event, stage, x, fill_normal);
}

CASTALIA_API castalia_status castalia_array_dense(void* data, castalia_dtype dtype, int32_t rank,
                                                  const int64_t* shape, castalia_array* array) {
  return call([&] {
    if (rank < 0 || rank > CASTALIA_MAX_RANK) {
      fail(Code::out_of_range, "rank is ", rank, "; allowed: 0 to ", CASTALIA_MAX_RANK);
    }
    if (dtype < CASTALIA_FLOAT32 || dtype > CASTALIA_INT64) {
      fail(Code::invalid_argument, "unknown element type ", static_cast<int>(dtype));
    }
    if (rank > 0) required(shape, "shape");
    castalia_array made = {};
    int64_t step = 1;
    for (int32_t axis = rank - 1; axis >= 0; --axis) {
      if (shape[axis] < 0)
        fail(Code::out_of_range, "extent ", shape[axis], " of axis ", axis, " is negative");
      made.shape[axis] = shape[axis];
      made.strides[axis] = step;
      if (__builtin_mul_overflow(step, shape[axis], &step))
        fail(Code::out_of_range, "the size overflows");
    }
    made.data = data;
    made.dtype = dtype;
    made.rank = rank;
    made.device_kind = CASTALIA_CPU;
    required(array, "array") = made;
  });
}

CASTALIA_API castalia_status castalia_event_writer_create(castalia_context* context,
                                                          const char* path, const char* format,
                                                          castalia_config* config,
                                                          castalia_event_writer** out) {
  return call_making(out, [&] {
    context_of(context);
    auto object = std::make_shared<EventWriterObject>();
    object->writer = make_event_writer(&required(format, "format"), &required(path, "path"),
                                       run_info(config_json(config)));
    return to_handle(std::move(object));
  });
}
CASTALIA_API castalia_status castalia_event_writer_retain(castalia_event_writer* writer) {
  return call([&] { handle_retain(Kind::event_writer, reinterpret_cast<uintptr_t>(writer)); });
}
CASTALIA_API castalia_status castalia_event_writer_destroy(castalia_event_writer* writer) {
  return call([&] { handle_destroy(Kind::event_writer, reinterpret_cast<uintptr_t>(writer)); });
}

CASTALIA_API castalia_status castalia_event_writer_write(castalia_event_writer* writer, int32_t n,
                                                         const int32_t* ids, const int32_t* status,
                                                         const int32_t* mothers,
                                                         const double* momenta,
                                                         const double* masses, double weight) {
  return call([&] {
    const auto object = from_handle<EventWriterObject>(writer);
    const Exclusive exclusive(object->busy, Kind::event_writer);
    if (n < 1) fail(Code::out_of_range, "n is ", n, "; allowed: 1 or more particles");
    required(ids, "ids");
    required(status, "status");
    required(mothers, "mothers");
    required(momenta, "momenta");
    required(masses, "masses");
    Event& event = object->event;
    event.weight = weight;
    event.particles.resize(static_cast<size_t>(n));
    for (size_t i = 0; i < event.particles.size(); ++i) {
      Particle& particle = event.particles[i];
      particle.id = ids[i];
      particle.status = status[i];
      particle.mothers = {mothers[2 * i], mothers[2 * i + 1]};
      particle.energy = momenta[4 * i];
      particle.px = momenta[4 * i + 1];
      particle.py = momenta[4 * i + 2];
      particle.pz = momenta[4 * i + 3];
      particle.mass = masses[i];
    }
    object->live().write(event);
  });
}

CASTALIA_API castalia_status castalia_event_writer_close(castalia_event_writer* writer) {
  return call([&] {
    const auto object = from_handle<EventWriterObject>(writer);
    const Exclusive exclusive(object->busy, Kind::event_writer);
    object->live().close();
    object->writer.reset();
  });
}

CASTALIA_API castalia_status castalia_hdf5_shape(const char* path, const char* dataset,
                                                 int32_t* rank, int64_t* shape) {
  return call([&] {
    const Shape found = hdf5_shape(&required(path, "path"), &required(dataset, "dataset"));
    required(rank, "rank") = found.rank();
    std::copy(found.begin(), found.end(), &required(shape, "shape"));
  });
}

CASTALIA_API castalia_status castalia_hdf5_read(const char* path, const char* dataset,
                                                int64_t first, const castalia_array* array) {
  return call([&] {
    const Shape wanted = checked_shape(array, "array");
    const Shape found = hdf5_shape(&required(path, "path"), &required(dataset, "dataset"));
    Shape expected = found;
    if (found.rank() > 0 && wanted.rank() > 0) expected[0] = wanted[0];
    if (!(wanted == expected)) {
      fail(Code::shape_mismatch, "array has shape ", wanted, ", data set '", dataset, "' ", found);
    }
    const Output out(array, 2);
    hdf5_read(path, dataset, first, wanted.rank() > 0 ? wanted[0] : 1, DType::float64,
              out.values().data());
    out.store();
  });
}

CASTALIA_API castalia_status castalia_hdf5_write(const char* path, const char* dataset,
                                                 const castalia_array* array, int32_t replace) {
  return call([&] {
    const Shape shape = checked_shape(array, "array");
    required(path, "path");
    required(dataset, "dataset");
    const Input in(array, 0);
    Hdf5Writer writer(path, replace != 0 ? Hdf5Mode::replace : Hdf5Mode::append);
    if (array->dtype == CASTALIA_FLOAT32) {
      const std::vector<float> narrow(in.values().begin(), in.values().end());
      writer.append(dataset, DType::float32, shape, narrow.data());
    } else {
      writer.append(dataset, DType::float64, shape, in.values().data());
    }
    writer.close();
  });
}

}  // extern "C"

}  // namespace castalia::capi
