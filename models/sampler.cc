#include <algorithm>

#include "cpp/base/status.h"
#include "models/model.h"

namespace castalia {
namespace {

// The most events drawn ahead of a caller who asks for few at a time.
constexpr int64_t kLargestReadAhead = 64;

}  // namespace

Sampler::Sampler(std::shared_ptr<const Model> model, uint64_t seed, Resources resources)
    : model_(std::move(model)), seed_(seed) {
  model_->enter();
  try {
    model_->check_request({.capability = Capability::sample});
    crew_ = model_->hire(resources);
  } catch (...) {
    model_->leave();
    throw;
  }
}

Sampler::~Sampler() {
  model_->release(std::move(crew_));
  model_->leave();
}

void Sampler::seek(uint64_t event) {
  if (event != position_) read_ahead_ = 1;
  position_ = event;
}

void Sampler::draw(const RowsOut& out, const RowsIn& context) {
  const EvaluationRequest request{.capability = Capability::sample,
                                  .rows = out.rows,
                                  .context = context,
                                  .seed = seed_,
                                  .first_event = position_,
                                  .out = out};
  Model::check_places(request, crew_->resources());
  model_->check_request(request);
  const bool finite = crew_->run(request, model_->features(), model_->context_features());
  if (!finite) model_->refuse_events(out, position_);
}

void Sampler::next(RowsOut room, const RowsIn& context) {
  const auto columns = static_cast<size_t>(model_->features());
  const RowsOut out = room.reshaped(model_->features(), "x");
  const auto rows = static_cast<uint64_t>(out.rows);
  if (rows == 0) return;
  if (model_->context_features() > 0 || !context.empty() || out.on_device() ||
      rows >= static_cast<uint64_t>(kLargestReadAhead)) {
    draw(out, context);
    position_ += rows;
    return;
  }
  // Events drawn ahead are handed out first; then twice as many as the last time are drawn.
  uint64_t done = 0;
  const uint64_t start = position_;
  try {
    while (done < rows) {
      const uint64_t held = ahead_.size() / columns;
      if (position_ < ahead_first_ || position_ >= ahead_first_ + held) draw_ahead(rows - done);
      const uint64_t offset = position_ - ahead_first_;
      const uint64_t ready = std::min(rows - done, ahead_.size() / columns - offset);
      store_rows(ahead_.data() + offset * columns, DType::float64, static_cast<int64_t>(done),
                 static_cast<int64_t>(ready), out);
      done += ready;
      position_ += ready;
    }
  } catch (...) {
    position_ = start;
    throw;
  }
}

void Sampler::draw_ahead(uint64_t least) {
  const int64_t rows = std::max(read_ahead_, static_cast<int64_t>(least));
  ahead_.resize(static_cast<size_t>(rows * model_->features()));
  try {
    draw(RowsOut(ahead_).reshaped(model_->features(), "x"), {});
  } catch (...) {
    ahead_.clear();
    throw;
  }
  ahead_first_ = position_;
  read_ahead_ = std::min(2 * read_ahead_, kLargestReadAhead);
}

}  // namespace castalia
