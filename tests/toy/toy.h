/* A small correlated data set and a flow that trains on it in a second, through the C interface:
 * what the tests that span folders are about is not the physics. Every function ends the program
 * with the library's message when a call fails. */
#ifndef CASTALIA_TESTS_TOY_TOY_H_
#define CASTALIA_TESTS_TOY_TOY_H_

#include <stdint.h>

#include "capi/castalia.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TOY_FEATURES = 4, TOY_EVENTS = 2000 };

/* Ends the program unless `status` is CASTALIA_OK. */
void toy_check(castalia_status status, const char* what, const char* file, int line);
#define TOY(call) toy_check((call), #call, __FILE__, __LINE__)

/* A dense array (rows, columns) of float64. */
castalia_array toy_array(double* data, int64_t rows, int64_t columns);
/* A dense vector of float64. */
castalia_array toy_vector(double* data, int64_t count);

/* A configuration with these fields (JSON). */
castalia_config* toy_config(const char* json);

/* TOY_EVENTS events of TOY_FEATURES correlated features, always the same. */
castalia_dataset* toy_dataset(void);

/* A flow for them with untrained weights. The context may be NULL. */
castalia_model* toy_model(castalia_context* context);

/* Trains a model on toy_dataset() with these fields of training. */
castalia_status toy_fit(castalia_model* model, const char* training,
                        castalia_progress_callback progress, void* user);

/* toy_model() after some steps. */
castalia_model* toy_trained(castalia_context* context);

/* Its parameters; the caller frees them. */
double* toy_parameters(castalia_model* model, int64_t* count);

/* FNV-1a of the bits of some values, to compare across processes. */
uint64_t toy_digest(const double* values, int64_t count);

#ifdef __cplusplus
}
#endif

#endif /* CASTALIA_TESTS_TOY_TOY_H_ */
