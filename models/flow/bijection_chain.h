// Bijections one after another, as specifications list them.
#ifndef CASTALIA_MODELS_FLOW_BIJECTION_CHAIN_H_
#define CASTALIA_MODELS_FLOW_BIJECTION_CHAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/prob/bijection.h"

namespace castalia {

class BijectionChain {
 public:
  // The list is gone through `repeat` times, with parameters anew each time. `owner` names the list
  // in errors: "composed_flow.layers". The first bijection is number place.number of its flow.
  BijectionChain(const std::string& owner, const std::vector<std::string>& entries, int64_t repeat,
                 BijectionPlace place);

  // Through all of them, first to last, and back.
  Mapped forward(Trace& trace, Value x, Value context) const;
  Mapped inverse(Trace& trace, Value y, Value context) const;

  bool conditional() const;  // whether one depends on the context
  uint64_t size() const { return layers_.size(); }

 private:
  // "coupling_5": what its parameters are called.
  std::string name_of(size_t layer) const;

  std::vector<MadeBijection> layers_;
};

}  // namespace castalia

#endif  // CASTALIA_MODELS_FLOW_BIJECTION_CHAIN_H_
