#include "models/flow/bijection_chain.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia {

BijectionChain::BijectionChain(const std::string& owner, const std::vector<std::string>& entries,
                               int64_t repeat, BijectionPlace place) {
  if (entries.empty()) {
    fail(Code::invalid_argument, owner, " is empty: give one bijection or more");
  }
  for (int64_t round = 0; round < repeat; ++round) {
    for (size_t entry = 0; entry < entries.size(); ++entry) {
      layers_.push_back(make_bijection(text(owner, "[", entry, "]"), entries[entry], place));
      ++place.number;
    }
  }
}

Mapped BijectionChain::forward(Trace& trace, Value x, Value context) const {
  Mapped through{x, {}};
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    const Trace::Part part(trace, name_of(layer));
    const Mapped next = layers_[layer].map->forward(trace, through.value, context);
    through = {next.value, added(through.log_abs_det, next.log_abs_det)};
  }
  return through;
}

Mapped BijectionChain::inverse(Trace& trace, Value y, Value context) const {
  Mapped through{y, {}};
  for (size_t layer = layers_.size(); layer-- > 0;) {
    const Trace::Part part(trace, name_of(layer));
    const Mapped next = layers_[layer].map->inverse(trace, through.value, context);
    through = {next.value, added(through.log_abs_det, next.log_abs_det)};
  }
  return through;
}

bool BijectionChain::conditional() const {
  return std::any_of(layers_.begin(), layers_.end(),
                     [](const MadeBijection& layer) { return layer.kind->conditional; });
}

std::string BijectionChain::name_of(size_t layer) const {
  return text(layers_[layer].kind->name, "_", layer);
}

}  // namespace castalia
