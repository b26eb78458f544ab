/*
 * Castalia: generative models for particle physics. The C interface, version 1.
 *
 * This header is the contract: C, C++, and by generation Fortran, Python and Julia see nothing
 * else. Symbols are only ever added; what stands here keeps its meaning.
 *
 * Statuses. Every call returns a castalia_status, CASTALIA_OK (0) on success. castalia_last_error()
 *   gives the message of the last call of this thread that failed: it names the cause and the
 *   field, row, column or file. No call throws, prints, exits or raises a floating-point trap. On
 *   failure `*out` is NULL and nothing else has changed.
 * Handles. castalia_context*, castalia_model* ... are not addresses: they are checked on every
 *   call, and one that was destroyed gives CASTALIA_INVALID_HANDLE. Each object is counted:
 *   `retain` adds an owner, `destroy` takes one away, from any thread; destroying NULL does
 *   nothing. An object keeps alive what it was made from: a sampler its model.
 * Arrays are borrowed for the time of the call. Rows are events: shape (events, features). Strides
 *   are free, so that column-major arrays (features, events) come in without a copy. float32 and
 *   float64 are both taken everywhere, whatever the model computes in. Calls that sample or
 *   evaluate a model also take dense arrays in the memory of the GPU that the model's context
 *   names, and read and write them there: after what `stream` has to do by then, and the work is
 *   complete when the call returns. Events there are not looked at: NaN in gives NaN out. An array
 *   elsewhere gives CASTALIA_DEVICE_UNAVAILABLE.
 * Text that is given back belongs to the library and stays until the calling thread's next call
 *   that gives text back. All text is UTF-8.
 * Threads. Handles may be passed between threads. Calls on a model may run at the same time on many
 *   threads. A sampler, trainer, dataset, config or event writer serves one call at a time; a
 *   second gives CASTALIA_BUSY. Results do not depend on the number of threads or the size of a
 *   batch, to the last bit.
 * Callbacks run on the thread that made the call, and return 0 to go on; anything else ends the
 *   call with CASTALIA_CANCELLED (progress) or CASTALIA_CALLBACK_FAILED (others).
 * The floating-point environment (traps, rounding) is the caller's again when a call returns.
 */
#ifndef CASTALIA_CAPI_CASTALIA_H_
#define CASTALIA_CAPI_CASTALIA_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && !defined(SWIG)
#define CASTALIA_API __attribute__((visibility("default")))
#else
#define CASTALIA_API
#endif

#define CASTALIA_ABI_VERSION 1
#define CASTALIA_MAX_RANK 8

/* ---- Statuses ------------------------------------------------------------------------------- */

typedef enum castalia_status {
  CASTALIA_OK = 0,
  CASTALIA_INVALID_ARGUMENT = 1, /* a null pointer, a wrong type, a value that makes no sense */
  CASTALIA_INVALID_HANDLE = 2,   /* destroyed, never created, or of another kind */
  CASTALIA_NOT_FOUND = 3,        /* no such architecture, field, ...; the nearest is given */
  CASTALIA_OUT_OF_RANGE = 4,     /* outside the allowed range, which the message states */
  CASTALIA_SHAPE_MISMATCH = 5,   /* rank or extents do not fit; both are stated */
  CASTALIA_DTYPE_MISMATCH = 6,   /* an element type that this call does not take */
  CASTALIA_NOT_FINITE = 7,       /* NaN or infinity in data; row and column are stated */
  CASTALIA_EMPTY_DATA = 8,       /* no rows, or fewer than the work needs */
  CASTALIA_IO_ERROR = 9,         /* the system refused; its words and the path are stated */
  CASTALIA_CORRUPT_FILE = 10,    /* truncated, changed, or not of this format */
  CASTALIA_NEWER_VERSION = 11,   /* written by a later release */
  CASTALIA_OUT_OF_MEMORY = 12,
  CASTALIA_BUSY = 13,               /* in use by another call, or by a sampler or trainer */
  CASTALIA_CANCELLED = 14,          /* a progress callback asked to stop */
  CASTALIA_CALLBACK_FAILED = 15,    /* a callback reported an error */
  CASTALIA_UNSUPPORTED = 16,        /* the model has no such capability */
  CASTALIA_DEVICE_UNAVAILABLE = 17, /* the device, its driver or library: it says which */
  CASTALIA_NUMERICAL = 18, /* a computation gave NaN or infinity; step and operator are stated */
  CASTALIA_INTERNAL = 19   /* a fault in Castalia */
} castalia_status;

/* "INVALID_ARGUMENT" for CASTALIA_INVALID_ARGUMENT; "UNKNOWN" for a value that is none of these. */
CASTALIA_API const char* castalia_status_name(castalia_status status);

/* The message of this thread's last failed call; "" before the first. Stays until the next
 * failure. */
CASTALIA_API const char* castalia_last_error(void);

/* "1.0.0": the release. */
CASTALIA_API const char* castalia_version(void);

/* CASTALIA_ABI_VERSION of the library that is loaded. */
CASTALIA_API int32_t castalia_abi_version(void);

/* ---- Arrays --------------------------------------------------------------------------------- */

typedef enum castalia_dtype {
  CASTALIA_FLOAT32 = 1,
  CASTALIA_FLOAT64 = 2,
  CASTALIA_INT32 = 3,
  CASTALIA_INT64 = 4
} castalia_dtype;

typedef enum castalia_device_kind { CASTALIA_CPU = 1, CASTALIA_CUDA = 2 } castalia_device_kind;

/* A view of the caller's memory. Element (i, j) lies at data + (i*strides[0] + j*strides[1])
 * elements. Its layout is frozen. Words marked reserved are zero. */
typedef struct castalia_array {
  void* data;
  int32_t dtype; /* castalia_dtype */
  int32_t rank;  /* 0 to 8 */
  int64_t shape[CASTALIA_MAX_RANK];
  int64_t strides[CASTALIA_MAX_RANK]; /* in elements; may be negative */
  int32_t device_kind;                /* castalia_device_kind */
  int32_t device_number;
  void* stream; /* CUDA stream; NULL: the default one, or the CPU */
  uint64_t reserved[4];
} castalia_array;

/* Fills `array` for a dense row-major CPU array: the last extent varies fastest.
 * Errors: INVALID_ARGUMENT (null, unknown dtype), OUT_OF_RANGE (rank, negative extent). */
CASTALIA_API castalia_status castalia_array_dense(void* data, castalia_dtype dtype, int32_t rank,
                                                  const int64_t* shape, castalia_array* array);

/* ---- Context -------------------------------------------------------------------------------- */

/* Settings that calls share. NULL stands for a default context wherever one is asked for. */
typedef struct castalia_context castalia_context;

/* Called with a level (0 debug, 1 information, 2 warning) and one line of text. */
typedef int (*castalia_log_callback)(int32_t level, const char* message, void* user);

CASTALIA_API castalia_status castalia_context_create(castalia_context** out);
CASTALIA_API castalia_status castalia_context_retain(castalia_context* context);
CASTALIA_API castalia_status castalia_context_destroy(castalia_context* context);

/* Threads for sampling and evaluation (default 1: no parallel region is entered, and sampling works
 * after fork()) and for training (default: all cores). 0 means all cores. Errors: OUT_OF_RANGE (0
 * to 1024). */
CASTALIA_API castalia_status castalia_context_set_threads(castalia_context* context,
                                                          int32_t sampling, int32_t training);

/* Where models that belong to this context are evaluated, sampled and trained from now on: "cpu"
 * (default), "cuda:N", a GPU, or "cuda:all": large requests are split over all GPUs, in order; what
 * learns, and what is small, runs on the first, and arrays are the host's. What is computed differs
 * by rounding. The first GPU that is asked for loads libcastalia_cuda.so, which lies beside this
 * library. Errors: INVALID_ARGUMENT (not of this form), DEVICE_UNAVAILABLE (says what is missing:
 * that library, CUDA's, a driver, a device). */
CASTALIA_API castalia_status castalia_context_set_device(castalia_context* context,
                                                         const char* device);

/* Messages of calls made with this context go to the callback, on the calling thread; NULL:
 * nowhere. Where events are drawn for conditions outside the range that a column had in training,
 * they are drawn all the same, and there is a warning a call: the first such value, its column and
 * the range. */
CASTALIA_API castalia_status castalia_context_set_log(castalia_context* context,
                                                      castalia_log_callback callback, void* user);

/* JSON: version, instruction set, cores, threads, devices (texts, "cpu" first) and no_cuda: why
 * there is no GPU among them, empty where there is one. */
CASTALIA_API castalia_status castalia_info(castalia_context* context, const char** json);

/* ---- Configuration -------------------------------------------------------------------------- */

/* Named values for creating a model or training it. Names and values are checked where the
 * configuration is used, against the fields of the catalogue. */
typedef struct castalia_config castalia_config;

CASTALIA_API castalia_status castalia_config_create(castalia_config** out);
CASTALIA_API castalia_status castalia_config_retain(castalia_config* config);
CASTALIA_API castalia_status castalia_config_destroy(castalia_config* config);
CASTALIA_API castalia_status castalia_config_set_integer(castalia_config* config, const char* field,
                                                         int64_t value);
CASTALIA_API castalia_status castalia_config_set_real(castalia_config* config, const char* field,
                                                      double value);
CASTALIA_API castalia_status castalia_config_set_boolean(castalia_config* config, const char* field,
                                                         int32_t value);
CASTALIA_API castalia_status castalia_config_set_text(castalia_config* config, const char* field,
                                                      const char* value);
/* Sets every member of a JSON object: {"features": 9, "layers": 8}. Errors: INVALID_ARGUMENT (not a
 * JSON object; position of the fault), nothing set. */
CASTALIA_API castalia_status castalia_config_set_json(castalia_config* config, const char* json);
/* The configuration as a JSON object. */
CASTALIA_API castalia_status castalia_config_json(castalia_config* config, const char** json);

/* ---- Catalogue ------------------------------------------------------------------------------ */

/* JSON list of the architectures: name, family, summary, description, fields (name, type, default,
 * range or choices, meaning), capabilities, references (arXiv numbers). */
CASTALIA_API castalia_status castalia_catalogue(const char** json);

/* JSON list of the transformers, the monotone maps that flows are made of: name, summary,
 * references (arXiv numbers), fields, tails that they can have. */
CASTALIA_API castalia_status castalia_transformers(const char** json);

/* JSON list of the bijections, the layers that composed flows are made of: name, summary,
 * references (arXiv numbers), conditional (on the context), analytic_forward and analytic_inverse
 * (a formula; else an iteration), tails of the domains that they map onto themselves, fields. */
CASTALIA_API castalia_status castalia_bijections(const char** json);

/* JSON list of what adversarial models are trained with: the losses and the regularisers of the
 * critic, and the ways in which a network comes to know its context: name, kind ("loss",
 * "regulariser", "conditioning"), summary, references (arXiv numbers); a regulariser has a weight,
 * the usual one. */
CASTALIA_API castalia_status castalia_adversarial(const char** json);

/* JSON list of the fields of training: name, type, default, range or choices, meaning. */
CASTALIA_API castalia_status castalia_training_fields(const char** json);

/* ---- Data sets ------------------------------------------------------------------------------ */

typedef struct castalia_dataset castalia_dataset;

/* Copies x (events, features), context (events, context features) and weights (events); context and
 * weights may be NULL. Errors: SHAPE_MISMATCH, DTYPE_MISMATCH, EMPTY_DATA, NOT_FINITE (row and
 * column), OUT_OF_RANGE (negative weight), OUT_OF_MEMORY. */
CASTALIA_API castalia_status castalia_dataset_create(castalia_context* context,
                                                     const castalia_array* x,
                                                     const castalia_array* condition,
                                                     const castalia_array* weights,
                                                     castalia_dataset** out);

/* Reads data sets of an HDF5 file; `condition` and `weights` may be NULL. Further axes of x are
 * flattened. Errors: as above; IO_ERROR, CORRUPT_FILE, NOT_FOUND (the nearest name is given). */
CASTALIA_API castalia_status castalia_dataset_open(castalia_context* context, const char* path,
                                                   const char* x, const char* condition,
                                                   const char* weights, castalia_dataset** out);
CASTALIA_API castalia_status castalia_dataset_retain(castalia_dataset* dataset);
CASTALIA_API castalia_status castalia_dataset_destroy(castalia_dataset* dataset);

/* Any of the results may be NULL. */
CASTALIA_API castalia_status castalia_dataset_shape(castalia_dataset* dataset, int64_t* events,
                                                    int64_t* features, int64_t* context_features);

/* Copies events first, first + 1, ... into x (n, features) and condition (n, context features);
 * either may be NULL. Errors: OUT_OF_RANGE, SHAPE_MISMATCH, DTYPE_MISMATCH. */
CASTALIA_API castalia_status castalia_dataset_read(castalia_dataset* dataset, int64_t first,
                                                   const castalia_array* x,
                                                   const castalia_array* condition);

/* Copies the weights of events first, first + 1, ... into weights (n): 1 for each where the data
 * set has none. Errors: as above. */
CASTALIA_API castalia_status castalia_dataset_weights(castalia_dataset* dataset, int64_t first,
                                                      const castalia_array* weights);

/* ---- Models --------------------------------------------------------------------------------- */

typedef struct castalia_model castalia_model;

/* Called after steps of training with the step (from 1), the number of steps planned, the loss (the
 * mean since the last call) and the last validation loss (NaN before the first). */
typedef int (*castalia_progress_callback)(int64_t step, int64_t steps, double loss,
                                          double validation_loss, void* user);

/* A model with untrained weights. `config` may be NULL when every field has a default.
 * Errors: NOT_FOUND (architecture or field, with the nearest name), INVALID_ARGUMENT (wrong type),
 * OUT_OF_RANGE (with the allowed range), OUT_OF_MEMORY. */
CASTALIA_API castalia_status castalia_model_create(castalia_context* context,
                                                   const char* architecture,
                                                   castalia_config* config, castalia_model** out);
CASTALIA_API castalia_status castalia_model_retain(castalia_model* model);
CASTALIA_API castalia_status castalia_model_destroy(castalia_model* model);

/* Trains the model; `training` (fields: castalia_training_fields), `progress` may be NULL. When it
 * is cancelled or fails the model keeps the weights it had, and a checkpoint, if one was asked for,
 * stays. Errors: BUSY (the model has samplers, another trainer, or calls under way), EMPTY_DATA
 * (fewer events than a batch), SHAPE_MISMATCH, NUMERICAL (step and operator), CANCELLED, IO_ERROR,
 * field errors. */
CASTALIA_API castalia_status castalia_model_fit(castalia_model* model, castalia_dataset* dataset,
                                                castalia_config* training,
                                                castalia_progress_callback progress, void* user);

/* Writes events first_event, first_event + 1, ... of the sample named by `seed` into x (n,
 * features), in the units of the training data. Event i is the same whatever range it is drawn in,
 * so that MPI ranks draw ranges of their own. condition: (n, context features), or NULL for a model
 * without. Errors: UNSUPPORTED, SHAPE_MISMATCH, DTYPE_MISMATCH, NOT_FINITE, BUSY, OUT_OF_RANGE
 * (first_event < 0). */
CASTALIA_API castalia_status castalia_model_sample(castalia_model* model, uint64_t seed,
                                                   int64_t first_event,
                                                   const castalia_array* condition,
                                                   const castalia_array* x);

/* Natural logarithm of the density at x (n, features), per unit of the features' own units, into
 * log_prob (n). Errors: as above. */
CASTALIA_API castalia_status castalia_model_log_prob(castalia_model* model, const castalia_array* x,
                                                     const castalia_array* condition,
                                                     const castalia_array* log_prob);

/* What a classifier says of each x (n, features), its response, into score (n): of a "pivot" from 0
 * (background) to 1 (signal). condition: NULL for a model that reads its context in training alone.
 * Errors: as above. */
CASTALIA_API castalia_status castalia_model_score(castalia_model* model, const castalia_array* x,
                                                  const castalia_array* condition,
                                                  const castalia_array* score);

/* Data x (n, features) to latent z (n, features), and log |det dz/dx| into log_det (n), which may
 * be NULL. */
CASTALIA_API castalia_status castalia_model_transform(castalia_model* model,
                                                      const castalia_array* x,
                                                      const castalia_array* condition,
                                                      const castalia_array* z,
                                                      const castalia_array* log_det);

/* Latent z back to data x, and log |det dx/dz|. */
CASTALIA_API castalia_status castalia_model_inverse(castalia_model* model, const castalia_array* z,
                                                    const castalia_array* condition,
                                                    const castalia_array* x,
                                                    const castalia_array* log_det);

/* The events of a data set in the model's latent space, as castalia_model_transform gives them,
 * with their context and weights: the features of a network, of which castalia_evaluate takes any
 * metric (frechet_distance of them is an FID). A model with context features reads those of the
 * data set. Errors: UNSUPPORTED (the model has no latent space), SHAPE_MISMATCH (features,
 * context features), INVALID_ARGUMENT (not trained yet), NOT_FINITE, BUSY, OUT_OF_MEMORY. */
CASTALIA_API castalia_status castalia_model_encode(castalia_model* model, castalia_dataset* dataset,
                                                   castalia_dataset** out);

/* One safetensors file: weights, specification, preprocessing, and a golden input and output. It is
 * written beside the old file and renamed over it: on any failure the old file is whole. Errors:
 * IO_ERROR. */
CASTALIA_API castalia_status castalia_model_save(castalia_model* model, const char* path);

/* `options` may be NULL; fields: verify (boolean, default true: compute the golden output and
 * compare, relative tolerance 1e-4); products: what the matrix products of a float32 model read
 * when it is evaluated ("float32", the default: their operands as they are; "bfloat16": rounded to
 * bfloat16, which a processor with AVX512_BF16 does faster, and a CUDA device; "tf32": shortened to
 * TensorFloat-32, by a CUDA device alone; "bfloat16_emulated": rounded to bfloat16 on any processor
 * or device, to see what that costs); training is in float32. Errors: IO_ERROR, CORRUPT_FILE,
 * NEWER_VERSION, DEVICE_UNAVAILABLE (what the context computes on has no such products; where it
 * was given another device since: of the calls that evaluate). */
CASTALIA_API castalia_status castalia_model_load(castalia_context* context, const char* path,
                                                 castalia_config* options, castalia_model** out);

/* A copy that computes in another precision: CASTALIA_FLOAT32 or CASTALIA_FLOAT64. */
CASTALIA_API castalia_status castalia_model_convert(castalia_model* model, castalia_dtype dtype,
                                                    castalia_model** out);

/* Any of the results may be NULL. */
CASTALIA_API castalia_status castalia_model_shape(castalia_model* model, int64_t* features,
                                                  int64_t* context_features, int64_t* parameters);

/* JSON: architecture, specification, preprocessing, parameters (name, shape), capabilities, how it
 * was trained. */
CASTALIA_API castalia_status castalia_model_describe(castalia_model* model, const char** json);

/* JSON: what the model runs to compute `computes` ("sample", "log_prob", ...: its capabilities) for
 * so many events at a time: steps (operators, kernel, inputs, outputs, scope, flops, bytes, and how
 * many threads at most it is worth waking for it), the bytes of
 * the arena, of constants, of weights packed for the kernels and of scratch memory a thread, and
 * all that as a table for people (table). More events than a tile of 256 are computed tile by tile.
 * Errors: NOT_FOUND (with what there is), OUT_OF_RANGE (rows), INVALID_ARGUMENT (not trained yet),
 * BUSY. */
CASTALIA_API castalia_status castalia_model_plan(castalia_model* model, const char* computes,
                                                 int64_t rows, const char** json);

/* Writes an ONNX file (operators of set 13, basic ones alone: arithmetic, comparisons, products of
 * matrices, sums, movements) that computes `computes` for any number of events, in the user's
 * units, with the weights of now. Inputs, float64: "x" (events, features), or "z" of "inverse", and
 * "context" (events, context features) where the model has one. Outputs, float64: of "log_prob"
 * "log_prob" (events); of "score" "score" (events); of "transform" "z", of "inverse" "x" (events,
 * features), and of both "log_det" (events). The path ends in ".onnx"; on any failure an older file
 * is whole. The file does not check its inputs: outside the domain of the model its numbers mean
 * nothing. Errors: NOT_FOUND (what the model does not compute), UNSUPPORTED ("sample": events are
 * made by "inverse" of latent variables that the caller draws; a model that is not feed-forward in
 * this direction; the message names the operator), INVALID_ARGUMENT (not trained yet, another
 * suffix), IO_ERROR, BUSY. */
CASTALIA_API castalia_status castalia_model_export(castalia_model* model, const char* computes,
                                                   const char* path);

/* All parameters as one vector (parameters), in the order of describe. Errors: SHAPE_MISMATCH,
 * NOT_FINITE, BUSY. */
CASTALIA_API castalia_status castalia_model_get_parameters(castalia_model* model,
                                                           const castalia_array* values);
CASTALIA_API castalia_status castalia_model_set_parameters(castalia_model* model,
                                                           const castalia_array* values);

/* ---- Samplers ------------------------------------------------------------------------------- */

/* Draws the events of a seed in order. Its memory is its own; it allocates nothing after the first
 * call of a size. While it lives its model cannot be trained. */
typedef struct castalia_sampler castalia_sampler;

CASTALIA_API castalia_status castalia_sampler_create(castalia_model* model, uint64_t seed,
                                                     castalia_sampler** out);
CASTALIA_API castalia_status castalia_sampler_retain(castalia_sampler* sampler);
CASTALIA_API castalia_status castalia_sampler_destroy(castalia_sampler* sampler);

/* The next n events into x (n, features); the arrays are as for castalia_model_sample. */
CASTALIA_API castalia_status castalia_sampler_next(castalia_sampler* sampler,
                                                   const castalia_array* condition,
                                                   const castalia_array* x);

/* The next event drawn is number `event` (from 0). Errors: OUT_OF_RANGE (negative). */
CASTALIA_API castalia_status castalia_sampler_seek(castalia_sampler* sampler, int64_t event);
CASTALIA_API castalia_status castalia_sampler_tell(castalia_sampler* sampler, int64_t* event);

/* ---- Step-wise training --------------------------------------------------------------------- */

/* While a trainer lives its model is BUSY to others. */
typedef struct castalia_trainer castalia_trainer;

/* Errors: as castalia_model_fit. With the field `checkpoint` set and the file there, training goes
 * on from it, to the same weights, bit for bit, as if it had not stopped. */
CASTALIA_API castalia_status castalia_trainer_create(castalia_model* model,
                                                     castalia_dataset* dataset,
                                                     castalia_config* training,
                                                     castalia_trainer** out);
CASTALIA_API castalia_status castalia_trainer_retain(castalia_trainer* trainer);
CASTALIA_API castalia_status castalia_trainer_destroy(castalia_trainer* trainer);

/* Takes up to `steps` further steps; fewer when training ends (steps done, or stopped early). */
CASTALIA_API castalia_status castalia_trainer_advance(castalia_trainer* trainer, int64_t steps);

/* Steps taken, steps planned, mean loss of the last advance, last validation loss (NaN before the
 * first), and whether training has ended. Any may be NULL. */
CASTALIA_API castalia_status castalia_trainer_status(castalia_trainer* trainer, int64_t* step,
                                                     int64_t* steps, double* loss,
                                                     double* validation_loss, int32_t* finished);

/* Writes the state of training, atomically. */
CASTALIA_API castalia_status castalia_trainer_checkpoint(castalia_trainer* trainer,
                                                         const char* path);

/* JSON: lists of step, loss, validation loss, learning rate; with a target of log_z, log_z_error
 * and effective_fraction, too: what the draws since the entry before say of its integral, and their
 * effective sample size over their number; of an adversarial model with critic_loss, penalty (the
 * regularisers' part of it), told_apart (the share of pairs in which the critic finds the true
 * event truer), critic_gradient_norm and generator_gradient_norm, means since the entry before, and
 * the validation loss is the distance that the metric training.judge gives. "stopped", a text, says
 * why training ended before its last step, where it did. */
CASTALIA_API castalia_status castalia_trainer_history(castalia_trainer* trainer, const char** json);

/* Puts the best weights so far into the model and frees it for other use; the trainer can only be
 * destroyed after. A trainer that is destroyed without finishing leaves the model as it was. */
CASTALIA_API castalia_status castalia_trainer_finish(castalia_trainer* trainer);

/* ---- Targets -------------------------------------------------------------------------------- */

/* A density of any norm that a model is trained to follow without events of it, or that its events
 * are weighed by: an integrand, the exponential of minus an action. */
typedef struct castalia_target castalia_target;

/* Called with points x (rows, features), row-major, and their context (rows, context features),
 * NULL where context_features is 0. Writes the natural logarithm of the density into log_density
 * (rows), minus infinity where the density is zero, and its derivatives with respect to x into
 * gradient (rows, features), which is NULL where no gradient is asked for. It may call the library
 * itself, but for the objects that are busy with the call that it came from. Returns 0; anything
 * else, or a C++ exception, ends the call with CASTALIA_CALLBACK_FAILED. It must not leave by
 * longjmp. */
typedef int (*castalia_target_callback)(int64_t rows, int64_t features, const double* x,
                                        int64_t context_features, const double* condition,
                                        double* log_density, double* gradient, void* user);

/* JSON list of the targets that are built in: name, summary, references (arXiv numbers), fields. */
CASTALIA_API castalia_status castalia_targets(const char** json);

/* A target by its name, with a gradient and a known integral. `config` may be NULL. Errors:
 * NOT_FOUND (with the nearest name), field errors. */
CASTALIA_API castalia_status castalia_target_create(castalia_context* context, const char* name,
                                                    castalia_config* config, castalia_target** out);
/* A target that is a function of the caller's; the function and `user` stay while the target and
 * whatever was made from it live. has_gradient 0: gradient is never asked for. It is called on the
 * thread that made the call, and never two times at once for one trainer. Errors: OUT_OF_RANGE
 * (features: 1 to 65536), INVALID_ARGUMENT (callback is NULL). */
CASTALIA_API castalia_status castalia_target_create_callback(castalia_context* context,
                                                             int64_t features, int32_t has_gradient,
                                                             castalia_target_callback callback,
                                                             void* user, castalia_target** out);
CASTALIA_API castalia_status castalia_target_retain(castalia_target* target);
CASTALIA_API castalia_status castalia_target_destroy(castalia_target* target);

/* JSON: name, features, gradient (whether there is one), log_integral (null where it is not known),
 * settings. */
CASTALIA_API castalia_status castalia_target_describe(castalia_target* target, const char** json);

/* The target at x (n, features): its logarithm into log_density (n), and its gradient into gradient
 * (n, features), which may be NULL. condition: (n, context features) or NULL. Errors:
 * SHAPE_MISMATCH, DTYPE_MISMATCH, UNSUPPORTED (no gradient), NOT_FINITE (what the target gives is
 * NaN or plus infinity, with row and point), CALLBACK_FAILED. */
CASTALIA_API castalia_status castalia_target_log_density(castalia_target* target,
                                                         const castalia_array* x,
                                                         const castalia_array* condition,
                                                         const castalia_array* log_density,
                                                         const castalia_array* gradient);

/* Trains the model towards a target by the field `objective` of training: reverse_kl, forward_kl,
 * variance, or with events symmetric_kl. `dataset` may be NULL with the first three and a model
 * without context features; then `steps` must be set and the preprocessing scales nothing. Events
 * that are given all the same are what it is fitted to and where contexts come from. Everything
 * else as castalia_model_fit. Further errors: INVALID_ARGUMENT (an objective or estimator without
 * what it needs), NOT_FINITE (the target gives NaN; step, row and point), NUMERICAL (zero where it
 * must not be), CALLBACK_FAILED. */
CASTALIA_API castalia_status castalia_model_fit_target(
    castalia_model* model, castalia_target* target, castalia_dataset* dataset,
    castalia_config* training, castalia_progress_callback progress, void* user);

/* The same step by step. After an error in castalia_trainer_advance the trainer stands where it
 * stood and may go on. */
CASTALIA_API castalia_status castalia_trainer_create_target(castalia_model* model,
                                                            castalia_target* target,
                                                            castalia_dataset* dataset,
                                                            castalia_config* training,
                                                            castalia_trainer** out);

/* Draws events as castalia_model_sample does into x (n, features), and writes the logarithms of
 * their weights, target / density of the model, into log_weights (n): minus infinity where the
 * target is zero. log_z: logarithm of the mean weight, an estimate of the target's integral;
 * log_z_error: its standard deviation; effective_sample_size: (sum of weights)^2 / sum of squares;
 * acceptance: mean weight / largest weight, what unweighting keeps; NaN where they do not exist.
 * These four may be NULL. Errors: as castalia_model_sample and castalia_target_log_density. */
CASTALIA_API castalia_status castalia_model_weigh(
    castalia_model* model, castalia_target* target, uint64_t seed, int64_t first_event,
    const castalia_array* condition, const castalia_array* x, const castalia_array* log_weights,
    double* log_z, double* log_z_error, double* effective_sample_size, double* acceptance);

/* ---- Simulators without derivatives --------------------------------------------------------- */

/* Makes small the mean of an objective over the events of a simulator, by derivatives of a
 * generative model of these events near the present parameters, which is trained anew as they move
 * (arXiv 2002.04632). */
typedef struct castalia_surrogate castalia_surrogate;

/* Simulates events at parameters at (parameters): row i of y (rows, outputs), row-major, from row i
 * of x (rows, inputs), which is NULL where inputs is 0. first_row is the number of events that were
 * asked for before, so that draws can be told apart (castalia_normal). It may call the library
 * itself, but for the objects that are busy with the call that it came from. Returns 0; anything
 * else, or a C++ exception, ends the call with CASTALIA_CALLBACK_FAILED. It must not leave by
 * longjmp. */
typedef int (*castalia_simulator_callback)(int64_t parameters, const double* at, int64_t rows,
                                           int64_t inputs, const double* x, int64_t first_row,
                                           int64_t outputs, double* y, void* user);

/* JSON list of the fields of a surrogate's options: name, type, default, range or choices,
 * meaning. */
CASTALIA_API castalia_status castalia_surrogate_fields(const char** json);

/* An optimiser that starts from the parameters start (parameters). The model, of any architecture
 * whose samples can be differentiated, has the simulator's outputs as features and as context the
 * parameters followed by the inputs; it need not be trained, and is BUSY only while it learns.
 * training: how each step trains it; options: castalia_surrogate_fields; both may be NULL.
 * inputs: a data set whose x events start from, drawn with replacement; NULL where there are none.
 * objective: the function of an event whose mean is made small, a target with a gradient (what it
 * calls the logarithm of a density is taken as it is); NULL: the sum of the event's columns. The
 * function and `user` stay while the surrogate lives; nothing is called here. Errors:
 * SHAPE_MISMATCH (widths), UNSUPPORTED (the model or the objective cannot be differentiated),
 * OUT_OF_RANGE (a start outside its bounds), EMPTY_DATA (fewer events in a step than a batch),
 * NOT_FINITE, field errors. */
CASTALIA_API castalia_status castalia_surrogate_create(
    castalia_model* model, castalia_config* training, castalia_config* options,
    const castalia_array* start, castalia_dataset* inputs, castalia_target* objective,
    castalia_simulator_callback callback, void* user, castalia_surrogate** out);
CASTALIA_API castalia_status castalia_surrogate_retain(castalia_surrogate* surrogate);
CASTALIA_API castalia_status castalia_surrogate_destroy(castalia_surrogate* surrogate);

/* Takes steps: simulates, trains, moves the parameters. The simulator is called on this thread,
 * once for each point of a step. On an error the parameters stand where they stood, what was
 * simulated is kept, and the next call goes on from there. Errors: CALLBACK_FAILED, NOT_FINITE
 * (what the simulator or the objective gives, with the point), those of castalia_model_fit. */
CASTALIA_API castalia_status castalia_surrogate_advance(castalia_surrogate* surrogate,
                                                        int64_t steps);

/* Steps taken; events simulated; the present parameters, into parameters (parameters); and the
 * simulated point with the least mean objective, into best (parameters), with that mean, which as
 * the least of many is more likely too low than too high, and its standard deviation: NaN before
 * the first. Any may be NULL. Errors: SHAPE_MISMATCH,
 * DTYPE_MISMATCH. */
CASTALIA_API castalia_status castalia_surrogate_status(castalia_surrogate* surrogate, int64_t* step,
                                                       int64_t* simulated,
                                                       const castalia_array* parameters,
                                                       const castalia_array* best,
                                                       double* objective, double* error);

/* JSON: step; simulated (events so far); parameters, the present ones; best, the simulated point
 * with the least mean objective (parameters, objective, error: the standard deviation of that
 * mean), null before the first; history, an object a step (simulated, objective and error at the
 * parameters that it started from, learned: events that the model learned from, gradient: of the
 * surrogate's mean objective there, parameters: after it); points, an object for each point that
 * was simulated (parameters, objective, error). */
CASTALIA_API castalia_status castalia_surrogate_describe(castalia_surrogate* surrogate,
                                                         const char** json);

/* ---- Referee -------------------------------------------------------------------------------- */

/* JSON: all metrics: name, family, summary, description, takes ("events" of a layout that the
 * description states, or "columns" of any meaning), fields, references. */
CASTALIA_API castalia_status castalia_metrics(const char** json);
/* JSON: all sets of observables: name, summary, description, fields, references. */
CASTALIA_API castalia_status castalia_observable_sets(const char** json);

/* How far generated events are from reference events by one metric: its value; its error, one
 * standard deviation; null_value and null_error, what two samples of one distribution and of these
 * sizes give; NaN where no law gives it. JSON: the same of all figures of the metric (name, value,
 * error, null_value, null_error, deviation from equality in standard deviations; null for NaN), of
 * which the first is the one to quote; the settings; details. Each of the results may be NULL.
 * `training`, what the generator learned from, may be NULL where the metric does not ask for it,
 * `options` (the metric's fields) and `progress` (which counts thousandths, without losses) always.
 * What is drawn follows `seed`. Runs on the context's threads for training, with the same bits for
 * any number. Errors: NOT_FOUND (with the nearest name), SHAPE_MISMATCH (columns), EMPTY_DATA (with
 * how many events are needed), field errors, CANCELLED, OUT_OF_MEMORY. */
CASTALIA_API castalia_status
castalia_evaluate(castalia_context* context, const char* metric, castalia_dataset* generated,
                  castalia_dataset* reference, castalia_dataset* training, castalia_config* options,
                  uint64_t seed, castalia_progress_callback progress, void* user, double* value,
                  double* error, double* null_value, double* null_error, const char** json);

/* A set of observables of every event (events, observables), with the events' context and weights.
 * `options` (the set's fields) may be NULL. Errors: NOT_FOUND, SHAPE_MISMATCH (cells and geometry),
 * OUT_OF_RANGE (a negative energy, with row and column), IO_ERROR and CORRUPT_FILE (geometry),
 * field errors. */
CASTALIA_API castalia_status castalia_dataset_observe(castalia_context* context,
                                                      castalia_dataset* dataset, const char* set,
                                                      castalia_config* options,
                                                      castalia_dataset** out);

/* JSON: columns (name, units, meaning), and details of the whole sample (name, units, meaning,
 * shape, values) where the data set was made by castalia_dataset_observe. */
CASTALIA_API castalia_status castalia_dataset_describe(castalia_dataset* dataset,
                                                       const char** json);

/* ---- Random numbers for the host ------------------------------------------------------------ */

/* Uniform numbers in (0, 1) into x (n, m): element (i, j) is a function of (seed, first_event + i,
 * stage, j) alone (Philox 4x32-10). Stages below 1000 are the host's; models use others. Errors:
 * OUT_OF_RANGE. */
CASTALIA_API castalia_status castalia_uniform(uint64_t seed, int64_t first_event, int32_t stage,
                                              const castalia_array* x);
/* The same, normal with mean 0 and variance 1. */
CASTALIA_API castalia_status castalia_normal(uint64_t seed, int64_t first_event, int32_t stage,
                                             const castalia_array* x);

/* ---- Event files ---------------------------------------------------------------------------- */

typedef struct castalia_event_writer castalia_event_writer;

/* format: "lhe" (Les Houches 3.0) or "hepmc3" (ASCII). The file appears under its name when it is
 * closed. config may be NULL; fields: energy (GeV per beam, 6500), beam (PDG id, 2212),
 * cross_section (pb, 1), cross_section_error (0), process (1), generator (text). Errors: NOT_FOUND
 * (format), IO_ERROR. */
CASTALIA_API castalia_status castalia_event_writer_create(castalia_context* context,
                                                          const char* path, const char* format,
                                                          castalia_config* config,
                                                          castalia_event_writer** out);
CASTALIA_API castalia_status castalia_event_writer_retain(castalia_event_writer* writer);
CASTALIA_API castalia_status castalia_event_writer_destroy(castalia_event_writer* writer);

/* One event of n particles: PDG ids[n]; status[n] as in LHE (-1 incoming, 2 intermediate, 1 final);
 * mothers[n][2] (first and last, counted from 1, 0 for none); momenta[n][4] = (E, px, py, pz) in
 * GeV; masses[n] in GeV. Incoming and final momenta must balance to 1e-6 of the incoming energy,
 * and every particle must lie on its mass shell: |E^2 - p^2 - m^2| <= 1e-6 E^2. Errors:
 * INVALID_ARGUMENT (which particle, which component, by how much), IO_ERROR. */
CASTALIA_API castalia_status castalia_event_writer_write(castalia_event_writer* writer, int32_t n,
                                                         const int32_t* ids, const int32_t* status,
                                                         const int32_t* mothers,
                                                         const double* momenta,
                                                         const double* masses, double weight);

/* Completes the file; the writer can only be destroyed after. One destroyed without it leaves no
 * file. */
CASTALIA_API castalia_status castalia_event_writer_close(castalia_event_writer* writer);

/* ---- HDF5 ----------------------------------------------------------------------------------- */

/* The rank and extents of a data set. shape has room for 8. Errors: IO_ERROR, CORRUPT_FILE,
 * NOT_FOUND. */
CASTALIA_API castalia_status castalia_hdf5_shape(const char* path, const char* dataset,
                                                 int32_t* rank, int64_t* shape);
/* Rows first, first + 1, ... of a data set into `array`, converted to its dtype; the extents behind
 * the first must agree. Errors: as above; SHAPE_MISMATCH, OUT_OF_RANGE. */
CASTALIA_API castalia_status castalia_hdf5_read(const char* path, const char* dataset,
                                                int64_t first, const castalia_array* array);
/* Appends rows to a data set; file and data set are made where they are missing. With replace not
 * zero an old file of this name is replaced. */
CASTALIA_API castalia_status castalia_hdf5_write(const char* path, const char* dataset,
                                                 const castalia_array* array, int32_t replace);

#ifdef __cplusplus
}
#endif

#endif /* CASTALIA_CAPI_CASTALIA_H_ */
