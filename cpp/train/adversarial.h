// What generators and critics minimise. Every loss and every regulariser is declared once, in the
// tables of adversarial.cc, and goes with every adversarial network.
#ifndef CASTALIA_CPP_TRAIN_ADVERSARIAL_H_
#define CASTALIA_CPP_TRAIN_ADVERSARIAL_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/network.h"

namespace castalia {

struct TrainingOptions;

// What both sides minimise, by the critic's scores of true and of made events, each row's part;
// float64 (rows, 1).
struct AdversarialLoss {
  std::string name;     // "wasserstein"
  std::string summary;  // one line with the formulas
  std::string reference;
  Value (*of_critic)(Value real, Value made);
  Value (*of_generator)(Value made);
  // Whether a critic that tells all apart leaves the generator without a gradient.
  bool saturates;
};

// A term of the critic's loss, each row's part; float64 (rows, 1).
struct Regulariser {
  // The scores are those of game.real and game.made, float64.
  struct Request {
    Trace& trace;
    const Game& game;
    Value real_scores;
    Value made_scores;
  };
  std::string name;
  std::string summary;
  std::string reference;
  double weight;  // the usual one
  Value (*term)(const Request&);
  bool of_slopes = false;  // of a row's score with respect to that row
};

std::span<const AdversarialLoss> adversarial_losses();
std::span<const Regulariser> regularisers();
// By name; an Error (not_found) with the nearest name otherwise.
const AdversarialLoss& find_adversarial_loss(const std::string& name);
const Regulariser& find_regulariser(const std::string& name);
std::vector<std::string> adversarial_loss_names();
std::vector<std::string> regulariser_names();

// A list of objects {name, kind, summary, references}; kind is "loss", "regulariser" (with a
// weight) or "conditioning" (cpp/nn/conditioned_mlp.h).
std::string adversarial_json();

// The losses of one side in a batch, float64 (rows, 1).
struct SideLoss {
  Value loss;     // all of it
  Value penalty;  // the part of the regularisers; null where there is none
  // 1 where the critics find the true event truer than the made one of its row, else 0.
  Value told_apart;
};
SideLoss critic_side(Trace& trace, const Adversarial::Contest& contest,
                     const TrainingOptions& options);
SideLoss generator_side(const Adversarial::Contest& contest, const TrainingOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_ADVERSARIAL_H_
