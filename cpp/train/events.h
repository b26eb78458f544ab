// Which events random numbers are drawn for while a network is trained, so that nothing that is
// drawn for one purpose comes again for another.
#ifndef CASTALIA_CPP_TRAIN_EVENTS_H_
#define CASTALIA_CPP_TRAIN_EVENTS_H_

#include <cstdint>

namespace castalia {

// What a loss draws for the rows held out is drawn for events from here on, that for the training
// below: no run takes so many.
inline constexpr int64_t kFirstHeldOut = int64_t{1} << 62;
// Draws of the model itself while it is trained are of events from here on: its sample of the same
// seed is another.
inline constexpr int64_t kFirstDraw = int64_t{1} << 61;

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_EVENTS_H_
