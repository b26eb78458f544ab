// The stages of random numbers: one number for each use, so that no two uses share draws whatever
// their seeds are (cpp/base/philox.h). Numbers below 1000 are the host's own. Published samples
// depend on these numbers: never change one.
#ifndef CASTALIA_CPP_NN_STAGES_H_
#define CASTALIA_CPP_NN_STAGES_H_

#include <cstdint>

namespace castalia {

inline constexpr uint16_t kBaseStage = 1000;          // the latent variables of a generated event
inline constexpr uint16_t kWeightsStage = 1001;       // first values of parameters
inline constexpr uint16_t kArchitectureStage = 1002;  // what a network draws once: its permutations
inline constexpr uint16_t kSplitStage = 1003;         // the choice of the validation rows
inline constexpr uint16_t kShuffleStage = 1004;       // the order of the rows in an epoch
inline constexpr uint16_t kNoiseStage = 1005;         // noise that a loss draws while it is trained
inline constexpr uint16_t kComponentStage = 1006;     // the component of a mixture of an event
inline constexpr uint16_t kTimeStage = 1007;          // the time at which flow matching looks
inline constexpr uint16_t kTraceProbeStage = 1008;    // the directions of a trace's estimator
inline constexpr uint16_t kDiffusionStage = 1009;     // the noise on the way of a generated event
inline constexpr uint16_t kEnergyStage = 1010;        // the latent layer energies of a shower
inline constexpr uint16_t kLatentStage = 1011;        // latent variables that a loss draws
inline constexpr uint16_t kInterpolationStage = 1012;  // where between true and made a critic looks
inline constexpr uint16_t kMultiplicityStage = 1013;   // how many particles a generated cloud has
inline constexpr uint16_t kMomentStage = 1014;         // the moments of a generated cloud
inline constexpr uint16_t kMomentNoiseStage = 1015;    // what smears those that are learned
inline constexpr uint16_t kDesignStage = 1020;  // the parameters that a simulator is asked about
inline constexpr uint16_t kInputStage = 1021;   // which inputs its events start from
inline constexpr uint16_t kImageNoiseStage = 1030;  // noise between the layers of an image

// Fold number i of a flow draws its pieces in stage + i.
inline constexpr uint16_t kFolds = 64;  // at most so many
inline constexpr uint16_t kPieceStage = 1040;

// Dense layer number i of a network that drops out draws in stage + i.
inline constexpr uint16_t kDropoutStage = 2048;

// Bijection number i of a flow draws in stage + i.
inline constexpr uint16_t kBijections = 16384;     // at most so many
inline constexpr uint16_t kProbeStage = 16384;     // the probes of a log-determinant's estimate
inline constexpr uint16_t kRouletteStage = 32768;  // where its series stops

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_STAGES_H_
