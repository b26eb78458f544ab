// Networks that are trained against a critic: a generator makes events, and a critic, a network
// too, learns to tell them from true ones.
#ifndef CASTALIA_CPP_NN_ADVERSARIAL_H_
#define CASTALIA_CPP_NN_ADVERSARIAL_H_

#include <functional>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// The name that begins those of all parameters of the critics; they are declared behind all others.
inline constexpr char kCritic[] = "critic";

// One critic between two samples. Both are as the critic reads them, of one shape (rows, ...) and
// of the trace's type; row i of either belongs to row i of the batch, with its context.
struct Game {
  Value real;  // what the critic is to find true; no gradient is asked of it
  Value made;  // what it is to find made, as a function of the generator's parameters
  // Its scores, (rows, 1) of the trace's type, higher for what looks true. It may be asked about
  // any events of that shape; a row's score depends on the other rows only where a network is meant
  // to see its batch.
  std::function<Value(Value)> critic;
};

// What the generator and the critics learn besides the games: (rows, 1), float64; null for nothing.
struct FurtherLosses {
  Value of_generator;
  Value of_critic;
};

class Adversarial {
 public:
  virtual ~Adversarial() = default;

  struct Contest {
    std::vector<Game> games;
    FurtherLosses further;
  };
  // Traced for each step of either side; x and context are as for Network::loss(). The generated
  // events are those of the trace's seed and first event.
  virtual Contest contest(Trace& trace, Value x, Value context) = 0;

  // Whether a critic normalises by its batch: the slope of a score is then not that of one event,
  // and the trainer refuses to penalise it.
  virtual bool normalises_by_batch() const { return false; }

  // Whether an event belongs with its context: what is generated is then judged together with it.
  virtual bool paired() const { return true; }
};

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_ADVERSARIAL_H_
