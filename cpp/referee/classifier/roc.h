// How well a score separates two samples.
#ifndef CASTALIA_CPP_REFEREE_CLASSIFIER_ROC_H_
#define CASTALIA_CPP_REFEREE_CLASSIFIER_ROC_H_

#include <span>
#include <vector>

namespace castalia::referee {

struct Estimate {
  double value = 0;
  double error = 0;  // one standard deviation
};

// Scores with weights; empty weights are all one. Weights are not negative, and some are positive.
struct Scores {
  std::span<const double> values;
  std::span<const double> weights;
};

// The probability that a positive event scores higher than a negative one, ties counted half: the
// area under the receiver operating characteristic. The error is DeLong's (Biometrics 44 (1988)
// 837), with effective numbers of events where there are weights. An Error (empty_data) when either
// has fewer than two events.
Estimate area_under_roc(const Scores& positive, const Scores& negative);

// The non-decreasing step function of the score that is closest in squares to labels between 0 and
// 1 (pool adjacent violators), by which a score becomes a probability.
class IsotonicRegression {
 public:
  // Spans of one length; weights may be empty: all one. An Error (empty_data) without events.
  IsotonicRegression(std::span<const double> scores, std::span<const double> labels,
                     std::span<const double> weights);

  // Linear between the scores that it was fitted to, constant beyond them.
  double operator()(double score) const;

 private:
  std::vector<double> scores_;  // the ends of the steps, increasing
  std::vector<double> values_;
};

}  // namespace castalia::referee

#endif  // CASTALIA_CPP_REFEREE_CLASSIFIER_ROC_H_
