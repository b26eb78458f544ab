// The classifier test: a network is trained to tell generated from true events; what it cannot
// tell apart, a physicist's analysis will not either (arXiv:2106.05285, 2410.21611).
#ifndef CASTALIA_CPP_REFEREE_CLASSIFIER_CLASSIFIER_H_
#define CASTALIA_CPP_REFEREE_CLASSIFIER_CLASSIFIER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "cpp/referee/classifier/roc.h"
#include "cpp/train/dataset.h"

namespace castalia::referee {

// What the network sees of an event.
enum class ClassifierInputs {
  features,  // its features and its context
  showers    // cells over the incident energy, which is context column 0, and the logarithm of that
};

// The defaults are those of the CaloChallenge.
struct ClassifierOptions {
  ClassifierInputs inputs = ClassifierInputs::features;
  int64_t hidden = 2048;
  int64_t hidden_layers = 2;
  int64_t epochs = 50;
  int64_t batch = 1000;
  double learning_rate = 2e-4;
  double validation = 0.2;  // of all events: chooses the epoch, and calibrates
  double test = 0.2;        // of all events: gives the figures
  uint64_t seed = 0;
  int threads = 0;  // 0: all cores
};

struct ClassifierOutcome {
  Estimate auc;  // 0.5: not to be told apart; 1: always
  // The standard deviation of the area when scores mean nothing: that of the statistic of Mann and
  // Whitney (Ann. Math. Stat. 18 (1947) 50).
  double auc_null_error = 0;
  // Jensen-Shannon divergence by the calibrated classifier, in bits: at most 1. A lower bound but
  // for noise: calibration on few events takes it somewhat below 0 where there is nothing to tell.
  Estimate jsd;
  Estimate accuracy;  // at a calibrated probability of one half
  // What these are when nothing can be told: mean and standard deviation over random orders of the
  // labels of the validation and test events, with the scores that there are.
  Estimate jsd_null, accuracy_null;
  int64_t epochs = 0;    // trained
  double test_loss = 0;  // binary cross entropy before calibration, in nats
  int64_t train_events = 0, validation_events = 0, test_events = 0;
};

// Takes an epoch number, the number of epochs and the validation loss; false stops the training.
using EpochCallback = std::function<bool(int64_t epoch, int64_t epochs, double validation_loss)>;

// Both samples count the same, whatever their sizes; weights of events are honoured. Leaky
// rectifiers, Adam, binary cross entropy; the weights are those of the epoch with the least
// validation loss; the probabilities of the test events are calibrated by isotonic regression on
// the validation events. Bit-identical for any number of threads. Errors: shape_mismatch (columns,
// both stated), empty_data (with the number needed), out_of_range (an incident energy that is not
// positive), cancelled.
ClassifierOutcome classifier_test(const Dataset& generated, const Dataset& reference,
                                  const ClassifierOptions& options, const EpochCallback& progress);

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_CLASSIFIER_CLASSIFIER_H_
