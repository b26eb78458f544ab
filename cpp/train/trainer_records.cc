// How the weights are judged while they are trained, and what is told of it.
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/train/adversarial.h"
#include "cpp/train/events.h"
#include "cpp/train/trainer.h"

namespace castalia {
namespace {

// A critic is said to be saturated when it tells almost all pairs apart, at almost no loss, over so
// many records in a row: a generator then gets no gradient. Modes are said to be collapsed when the
// generated features vary by this part of what the true ones do.
constexpr int64_t kRecordsInARow = 5;
constexpr double kAllApart = 0.999;
constexpr double kNoLoss = 1e-3;
constexpr double kNoSpread = 0.02;

}  // namespace

void Trainer::CriticRecord::add(const CriticRecord& other, double share) {
  loss += share * other.loss;
  penalty += share * other.penalty;
  told_apart += share * other.told_apart;
  gradient_norm += share * other.gradient_norm;
  generator_gradient_norm += share * other.generator_gradient_norm;
}

// Of the network's own loss.
double Trainer::held_out_loss() {
  double loss = 0;
  double weight = 0;
  const auto count = static_cast<int64_t>(validation_rows_.size());
  for (int64_t first = 0; first < count; first += options_.batch) {
    const int64_t rows = std::min(options_.batch, count - first);
    const auto held_out =
        std::span(validation_rows_).subspan(static_cast<size_t>(first), static_cast<size_t>(rows));
    gather(*validation_, held_out, kFirstHeldOut + first);
    validation_->run(&pool_);
    loss += read_scalar(*validation_, "loss");
    weight += read_scalar(*validation_, "weight");
  }
  return loss / weight;
}

double Trainer::judged_distance() {
  const Judging::Verdict verdict = judging_->run(pool_);
  collapsed_ = verdict.spread < kNoSpread ? collapsed_ + 1 : 0;
  if (collapsed_ >= kRecordsInARow) stop_ = Stop::collapsed;
  return verdict.distance;
}

void Trainer::keep_if_best() {
  rate_->observe(validation_loss_);
  if (validation_loss_ < best_loss_) {
    best_loss_ = validation_loss_;
    for (Learner& learner : learners_) {
      std::memcpy(learner.best.write(), std::as_const(learner).judged().data(), learner.bytes);
    }
    has_best_ = true;
    worse_ = 0;
  } else if (++worse_ >= options_.patience && options_.patience > 0) {
    stop_ = Stop::patience;
  }
}

void Trainer::validate() {
  if (validation_ || judging_) {
    validation_loss_ = validation_ ? held_out_loss() : judged_distance();
    keep_if_best();
  }
  record();
}

void Trainer::record() {
  const auto count = static_cast<double>(loss_count_);
  history_.push_back({static_cast<double>(step_), loss_sum_ / count, validation_loss_, last_rate_});
  loss_sum_ = 0;
  loss_count_ = 0;
  if (draws_) {
    const ImportanceSums& sums = draws_->sums();
    draws_history_.push_back({sums.log_z(), sums.log_z_error(),
                              sums.effective_sample_size() / static_cast<double>(sums.count())});
    draws_->sums() = {};
  }
  if (!adversarial()) return;
  CriticRecord means{};
  means.add(critic_sums_, 1.0 / count);
  critic_history_.push_back(means);
  critic_sums_ = {};
  const CriticRecord& last = critic_history_.back();
  const bool saturated = find_adversarial_loss(options_.adversarial_loss).saturates &&
                         last.told_apart >= kAllApart && last.loss - last.penalty < kNoLoss;
  saturated_ = saturated ? saturated_ + 1 : 0;
  if (saturated_ >= kRecordsInARow) stop_ = Stop::saturated;
}

std::string Trainer::stopped() const {
  switch (stop_) {
    case Stop::no: break;
    case Stop::patience:
      return text("no better result in ", options_.patience, " validations (training.patience)");
    case Stop::saturated:
      return text("the critic saturates: in ", kRecordsInARow,
                  " records it told all generated events from true ones at almost no loss, and the "
                  "generator learns nothing; a regulariser, a lower training.critic_rate or the "
                  "loss 'wasserstein' may help");
    case Stop::collapsed:
      return text("the modes collapsed: in ", kRecordsInARow,
                  " judgements all generated events were almost the same; a regulariser, a larger "
                  "batch or more training.critic_steps may help");
  }
  return {};
}

std::string Trainer::history_json() const {
  nlohmann::ordered_json out = {{"step", nlohmann::json::array()},
                                {"loss", nlohmann::json::array()},
                                {"validation_loss", nlohmann::json::array()},
                                {"learning_rate", nlohmann::json::array()}};
  for (const Record& record : history_) {
    out["step"].push_back(static_cast<int64_t>(record.step));
    out["loss"].push_back(record.loss);
    out["validation_loss"].push_back(record.validation_loss);  // NaN is written as null
    out["learning_rate"].push_back(record.learning_rate);
  }
  for (const DrawsRecord& record : draws_history_) {
    out["log_z"].push_back(record.log_z);
    out["log_z_error"].push_back(record.log_z_error);
    out["effective_fraction"].push_back(record.effective_fraction);
  }
  for (const CriticRecord& record : critic_history_) {
    out["critic_loss"].push_back(record.loss);
    out["penalty"].push_back(record.penalty);
    out["told_apart"].push_back(record.told_apart);
    out["critic_gradient_norm"].push_back(record.gradient_norm);
    out["generator_gradient_norm"].push_back(record.generator_gradient_norm);
  }
  if (stop_ != Stop::no) out["stopped"] = stopped();
  return out.dump();
}

}  // namespace castalia
