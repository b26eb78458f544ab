// Teaching an inverse autoregressive flow by a masked one, arXiv:1711.10433 and arXiv:2110.11377.
#ifndef CASTALIA_MODELS_FLOW_DISTILLATION_H_
#define CASTALIA_MODELS_FLOW_DISTILLATION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpp/nn/network.h"
#include "cpp/train/options.h"
#include "models/flow/autoregressive_layers.h"

namespace castalia {

class Model;

// A network that has autoregressive layers to teach, or to be taught.
class Distillable {
 public:
  virtual ~Distillable() = default;

  struct Lesson {
    Value y;          // what the layers see of the data, of the trace's type
    Value condition;  // and of the context; may be null
    Value loss;       // of what else the network learns, float64 (rows, 1); may be null
  };
  virtual Lesson lesson(Trace& trace, Value x, Value context) const = 0;
  virtual AutoregressiveLayers::Path path(Trace& trace, Value start, Value condition) const = 0;
  // The layers' latent variables: draws, (rows, features) of the trace's type, and their
  // log-density, float64 (rows, 1) or a scalar. Null where it has parameters of its own.
  virtual Value draw_latent(Trace& trace, int64_t rows) const = 0;
  virtual Value latent_log_prob(Trace& trace, Value z) const = 0;
  // Parameters that a student takes over from its teacher begin with this; empty: none.
  virtual std::string inherited() const { return {}; }
};

// The student's network with another loss, traced beside its frozen teacher, whose weights are the
// state "teacher". At each step both follow the data to latent variables and back, and fresh latent
// variables to data and back, in the directions that their networks compute at once. The loss is
// the sum of weighted mean squares of differences (the fields distil_*):
//   data        y and what the student makes of the teacher's latent variables of it
//   latent      z and what the teacher makes of the student's data of it
//   layers      the variables between the layers, on both ways
//   parameters  the parameters of the layers' transformers, on both ways
// and of log(q / p), q the student's density and p the teacher's, both at the student's data.
// Errors: unsupported (a network without such layers); invalid_argument (not a teacher of direction
// 'forward' with a student of direction 'inverse', a field that must agree and does not, a teacher
// that was not trained, a student with other preprocessing).
std::unique_ptr<Network> make_distillation(std::unique_ptr<Network> student, const Model& of,
                                           std::shared_ptr<const Model> teacher,
                                           const TrainingOptions& options);

// The first weights of a student: its own, and those that it takes over from its teacher.
std::vector<std::byte> inherited_parameters(const Model& student, const Model& teacher);

}  // namespace castalia

#endif  // CASTALIA_MODELS_FLOW_DISTILLATION_H_
