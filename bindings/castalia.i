/*
 * The C contract as SWIG reads it. Two readers:
 *   swig -python  writes the extension module `_castalia`, the low layer of the Python package;
 *   swig -xml     gives the parse tree from which generate.py writes the Fortran and Julia low layers.
 *
 * In Python every function keeps its C name and arguments, with these changes:
 *   - a failed call raises (see register_errors); the status is not returned;
 *   - results (handles, text, numbers) are returned, not passed by address;
 *   - an array is any object with the buffer protocol whose elements are float32, float64, int32 or
 *     int64 in native byte order and whose strides are whole elements; it is never copied;
 *   - a callback is any callable; what it raises comes out of the call that ran it;
 *   - the interpreter's lock is free while C code runs.
 */
#ifdef SWIGPYTHON
%module(threads="1") castalia
%nothreadallow;
#else
%module castalia
#endif

%include <stdint.i>

#ifdef SWIGPYTHON
%{
#include <string.h>

#include "capi/castalia.h"

/* A dictionary from status to exception class, set by register_errors. */
static PyObject* castalia_error_classes = NULL;

/* The exception that a callback raised in the call under way on this thread. */
static _Thread_local struct {
  PyObject *type, *value, *traceback;
} castalia_raised;

static void castalia_keep_exception(void) {
  Py_XDECREF(castalia_raised.type);
  Py_XDECREF(castalia_raised.value);
  Py_XDECREF(castalia_raised.traceback);
  PyErr_Fetch(&castalia_raised.type, &castalia_raised.value, &castalia_raised.traceback);
}

/* Sets the Python exception of a failed call: what a callback raised, or class(status, message). */
static void castalia_raise(castalia_status status) {
  if (castalia_raised.type) {
    PyErr_Restore(castalia_raised.type, castalia_raised.value, castalia_raised.traceback);
    memset(&castalia_raised, 0, sizeof castalia_raised);
    return;
  }
  PyObject* code = PyLong_FromLong(status);
  PyObject* type =
      code && castalia_error_classes ? PyDict_GetItem(castalia_error_classes, code) : NULL;
  PyObject* arguments =
      code ? Py_BuildValue("(Os)", code, castalia_last_error()) : NULL;
  if (arguments) PyErr_SetObject(type ? type : PyExc_RuntimeError, arguments);
  Py_XDECREF(arguments);
  Py_XDECREF(code);
}

/* Calls a Python callable and says whether to go on (0) or to stop (1). `arguments` is consumed. */
static int castalia_call_python(PyObject* callable, PyObject* arguments) {
  int stop = 1;
  /* Signal handlers run here too, so that Ctrl-C ends a long call. */
  PyObject* answer =
      arguments && PyErr_CheckSignals() == 0 ? PyObject_CallObject(callable, arguments) : NULL;
  if (answer) {
    stop = PyObject_IsTrue(answer);
    Py_DECREF(answer);
  }
  Py_XDECREF(arguments);
  if (PyErr_Occurred()) {
    castalia_keep_exception();
    stop = 1;
  }
  return stop;
}

static int castalia_progress_trampoline(int64_t step, int64_t steps, double loss,
                                        double validation_loss, void* callable) {
  PyGILState_STATE state = PyGILState_Ensure();
  int stop = castalia_call_python(
      (PyObject*)callable,
      Py_BuildValue("(LLdd)", (long long)step, (long long)steps, loss, validation_loss));
  PyGILState_Release(state);
  return stop;
}

static int castalia_log_trampoline(int32_t level, const char* message, void* callable) {
  PyGILState_STATE state = PyGILState_Ensure();
  int stop = castalia_call_python((PyObject*)callable, Py_BuildValue("(is)", (int)level, message));
  PyGILState_Release(state);
  return stop;
}

/* Memory as bytes for Python, or None for NULL. */
static PyObject* castalia_bytes(const double* data, int64_t count, int flags) {
  if (!data) Py_RETURN_NONE;
  return PyMemoryView_FromMemory((char*)data, (Py_ssize_t)(count * (int64_t)sizeof(double)), flags);
}

static int castalia_target_trampoline(int64_t rows, int64_t features, const double* x,
                                      int64_t context_features, const double* condition,
                                      double* log_density, double* gradient, void* callable) {
  PyGILState_STATE state = PyGILState_Ensure();
  int stop = castalia_call_python(
      (PyObject*)callable,
      Py_BuildValue("(LNNNN)", (long long)rows, castalia_bytes(x, rows * features, PyBUF_READ),
                    castalia_bytes(condition, rows * context_features, PyBUF_READ),
                    castalia_bytes(log_density, rows, PyBUF_WRITE),
                    castalia_bytes(gradient, rows * features, PyBUF_WRITE)));
  PyGILState_Release(state);
  return stop;
}

static int castalia_simulator_trampoline(int64_t parameters, const double* at, int64_t rows,
                                         int64_t inputs, const double* x, int64_t first_row,
                                         int64_t outputs, double* y, void* callable) {
  PyGILState_STATE state = PyGILState_Ensure();
  int stop = castalia_call_python(
      (PyObject*)callable,
      Py_BuildValue("(NLLNN)", castalia_bytes(at, parameters, PyBUF_READ), (long long)first_row,
                    (long long)rows, castalia_bytes(x, rows * inputs, PyBUF_READ),
                    castalia_bytes(y, rows * outputs, PyBUF_WRITE)));
  PyGILState_Release(state);
  return stop;
}

/* The beginning of a DLManagedTensor (dmlc.github.io/dlpack). */
typedef struct castalia_dlpack {
  void* data;
  int32_t device_type, device_id;
  int32_t rank;
  uint8_t type_code, type_bits;
  uint16_t type_lanes;
  int64_t* shape;
  int64_t* strides; /* NULL: dense */
  uint64_t byte_offset;
} castalia_dlpack;

enum { CASTALIA_DLPACK_CUDA = 2, CASTALIA_DLPACK_FLOAT = 2 };

/* Whether `object` says that it lies on a CUDA device. */
static int castalia_is_on_device(PyObject* object) {
  PyObject* place = PyObject_CallMethod(object, "__dlpack_device__", NULL);
  int kind = 0;
  if (place) {
    PyObject* first = PySequence_GetItem(place, 0);
    if (first) kind = (int)PyLong_AsLong(first);
    Py_XDECREF(first);
    Py_DECREF(place);
  }
  PyErr_Clear(); /* other objects have no such method */
  return kind == CASTALIA_DLPACK_CUDA;
}

/* As castalia_view, for a tensor on a device. Its owner makes CUDA's default stream wait for what is still
 * written to it. */
static int castalia_view_on_device(PyObject* object, Py_buffer* buffer, castalia_array* array) {
  PyObject* method = PyObject_GetAttrString(object, "__dlpack__");
  PyObject* none = PyTuple_New(0);
  PyObject* stream = Py_BuildValue("{s:i}", "stream", 1); /* the default stream, in DLPack's words */
  PyObject* capsule = method && none && stream ? PyObject_Call(method, none, stream) : NULL;
  Py_XDECREF(method);
  Py_XDECREF(none);
  Py_XDECREF(stream);
  if (!capsule) return -1;
  const castalia_dlpack* tensor = (const castalia_dlpack*)PyCapsule_GetPointer(capsule, "dltensor");
  if (tensor && (tensor->type_code != CASTALIA_DLPACK_FLOAT || tensor->type_lanes != 1 ||
                 (tensor->type_bits != 32 && tensor->type_bits != 64))) {
    PyErr_SetString(PyExc_TypeError, "elements on a device that are not float32 or float64");
  } else if (tensor && tensor->rank > CASTALIA_MAX_RANK) {
    PyErr_Format(PyExc_ValueError, "an array of rank %d; at most 8 are taken", (int)tensor->rank);
  } else if (tensor) {
    memset(array, 0, sizeof *array);
    array->data = (char*)tensor->data + tensor->byte_offset;
    array->dtype = tensor->type_bits == 32 ? CASTALIA_FLOAT32 : CASTALIA_FLOAT64;
    array->rank = tensor->rank;
    array->device_kind = CASTALIA_CUDA;
    array->device_number = tensor->device_id;
    int64_t step = 1;
    for (int axis = tensor->rank - 1; axis >= 0; --axis) {
      array->shape[axis] = tensor->shape[axis];
      array->strides[axis] = tensor->strides ? tensor->strides[axis] : step;
      step *= tensor->shape[axis];
    }
    buffer->obj = capsule; /* which gives the tensor back when it is released */
    return 0;
  }
  Py_DECREF(capsule);
  return -1;
}

/* Describes the memory of `object` in `array` and keeps it locked in `buffer`. Gives 0, or -1 with an
 * exception set. */
static int castalia_view(PyObject* object, Py_buffer* buffer, castalia_array* array) {
  if (castalia_is_on_device(object)) return castalia_view_on_device(object, buffer, array);
  if (PyObject_GetBuffer(object, buffer, PyBUF_STRIDES | PyBUF_FORMAT) != 0) return -1;
  const char* format = buffer->format ? buffer->format : "B";
  if (*format == '@' || *format == '=') ++format;
  int32_t dtype = 0;
  if (strlen(format) == 1) {
    if (*format == 'f') dtype = CASTALIA_FLOAT32;
    if (*format == 'd') dtype = CASTALIA_FLOAT64;
    if (strchr("ilq", *format)) {
      if (buffer->itemsize == 4) dtype = CASTALIA_INT32;
      if (buffer->itemsize == 8) dtype = CASTALIA_INT64;
    }
  }
  if (!dtype) {
    PyErr_Format(PyExc_TypeError, "elements of format '%s' are not float32, float64, int32 or int64",
                 format);
  } else if (buffer->ndim > CASTALIA_MAX_RANK) {
    PyErr_Format(PyExc_ValueError, "an array of rank %d; at most 8 are taken", buffer->ndim);
  } else {
    memset(array, 0, sizeof *array);
    array->data = buffer->buf;
    array->dtype = dtype;
    array->rank = buffer->ndim;
    array->device_kind = CASTALIA_CPU;
    for (int axis = 0; axis < buffer->ndim; ++axis) {
      array->shape[axis] = buffer->shape[axis];
      array->strides[axis] = buffer->strides[axis] / buffer->itemsize;
      if (buffer->strides[axis] % buffer->itemsize != 0)
        PyErr_Format(PyExc_ValueError, "the stride of axis %d is not a whole number of elements", axis);
    }
  }
  if (!PyErr_Occurred()) return 0;
  PyBuffer_Release(buffer);
  return -1;
}

/* Locks the memory of `object`, which must hold exactly `items` contiguous elements of this format. */
static const void* castalia_plain(PyObject* object, Py_buffer* buffer, const char* formats,
                                  Py_ssize_t itemsize, const char* name) {
  if (PyObject_GetBuffer(object, buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0) return NULL;
  if (buffer->format && strlen(buffer->format) == 1 && strchr(formats, *buffer->format) &&
      buffer->itemsize == itemsize)
    return buffer->buf;
  PyErr_Format(PyExc_TypeError, "%s has elements of another type", name);
  PyBuffer_Release(buffer);
  return NULL;
}

/* A first result takes the place of None, two make a tuple, and so on. Both references are consumed. */
static PyObject* castalia_append(PyObject* results, PyObject* next) {
  if (results == Py_None) {
    Py_DECREF(results);
    return next;
  }
  PyObject* head = PyTuple_Check(results) ? results : Py_BuildValue("(N)", results);
  PyObject* tail = head ? Py_BuildValue("(N)", next) : NULL;
  PyObject* all = tail ? PySequence_Concat(head, tail) : NULL;
  Py_XDECREF(head);
  Py_XDECREF(tail);
  return all;
}

static void castalia_release(Py_buffer* buffer) {
  if (buffer->obj) PyBuffer_Release(buffer);
}
%}

%ignore castalia_array;
%ignore castalia_array_dense;
%ignore castalia_event_writer_write;

/* Statuses become exceptions. */
%typemap(out) castalia_status {
  if ($1 != CASTALIA_OK) {
    castalia_raise($1);
    SWIG_fail;
  }
  if (PyErr_Occurred()) SWIG_fail; /* what write_event finds wrong before it calls */
  $result = SWIG_Py_Void();
}
/* castalia_status_name takes a plain number. */
%typemap(in) castalia_status { $1 = (castalia_status)PyLong_AsLong($input); if (PyErr_Occurred()) SWIG_fail; }
%typemap(in) castalia_dtype { $1 = (castalia_dtype)PyLong_AsLong($input); if (PyErr_Occurred()) SWIG_fail; }

/* Arrays. None stands for NULL. */
%typemap(in, noblock=1) const castalia_array* (castalia_array array = {0}, Py_buffer buffer = {0}) {
  if ($input == Py_None) {
    $1 = NULL;
  } else {
    if (castalia_view($input, &buffer, &array) != 0) SWIG_fail;
    $1 = &array;
  }
}
%typemap(freearg, noblock=1) const castalia_array* { castalia_release(&buffer$argnum); }

/* A text ends at its first null character: one that has another inside would be cut without a word. */
%typemap(in, noblock=1, fragment="SWIG_AsCharPtrAndSize") const char*
    (int res, char* text = NULL, size_t size = 0, int alloc = 0) {
  res = SWIG_AsCharPtrAndSize($input, &text, &size, &alloc);
  if (!SWIG_IsOK(res)) { %argument_fail(res, "$type", $symname, $argnum); }
  if (text && strlen(text) + 1 != size) {
    PyErr_SetString(PyExc_ValueError, "embedded null character");
    SWIG_fail;
  }
  $1 = text;
}
%typemap(freearg, noblock=1) const char* { if (alloc$argnum == SWIG_NEWOBJ) free(text$argnum); }

/* Results. */
%typemap(in, numinputs=0, noblock=1) const char** json (const char* text = NULL) { $1 = (char**)&text; }
%typemap(argout) const char** json {
  $result = castalia_append($result, PyUnicode_FromString(*$1));
}
%define RETURNED(CTYPE, CONVERSION)
%typemap(in, numinputs=0, noblock=1) CTYPE* (CTYPE value = 0) { $1 = &value; }
%typemap(argout) CTYPE* { $result = castalia_append($result, CONVERSION(*$1)); }
%enddef
RETURNED(int64_t, PyLong_FromLongLong)
RETURNED(int32_t, PyLong_FromLong)
RETURNED(double, PyFloat_FromDouble)
%typemap(in, numinputs=0, noblock=1) (int32_t* rank, int64_t* shape)
    (int32_t rank = 0, int64_t extents[CASTALIA_MAX_RANK]) {
  $1 = &rank;
  $2 = extents;
}
%typemap(argout) (int32_t* rank, int64_t* shape) {
  $result = PyTuple_New(*$1);
  for (int32_t axis = 0; axis < *$1; ++axis)
    PyTuple_SET_ITEM($result, axis, PyLong_FromLongLong($2[axis]));
}

/* Handles are created into results; the Python layer destroys them. */
%define HANDLE(NAME)
%typemap(in, numinputs=0, noblock=1) NAME** out (NAME* created = NULL) { $1 = &created; }
%typemap(argout) NAME** out {
  $result = castalia_append($result, SWIG_NewPointerObj(*$1, $*1_descriptor, 0));
}
%enddef
HANDLE(castalia_context)
HANDLE(castalia_config)
HANDLE(castalia_dataset)
HANDLE(castalia_model)
HANDLE(castalia_sampler)
HANDLE(castalia_trainer)
HANDLE(castalia_event_writer)
HANDLE(castalia_target)
HANDLE(castalia_surrogate)

/* Callbacks. Those of logs, targets and simulators are called after this call too: the Python layer keeps them
 * alive. */
%define CALLBACK(TYPE, TRAMPOLINE)
%typemap(in, noblock=1) (TYPE callback, void* user) {
  if ($input == Py_None) {
    $1 = NULL;
    $2 = NULL;
  } else if (PyCallable_Check($input)) {
    $1 = TRAMPOLINE;
    $2 = $input;
  } else {
    PyErr_SetString(PyExc_TypeError, "a callback must be callable or None");
    SWIG_fail;
  }
}
%enddef
CALLBACK(castalia_progress_callback, castalia_progress_trampoline)
CALLBACK(castalia_log_callback, castalia_log_trampoline)
CALLBACK(castalia_target_callback, castalia_target_trampoline)
CALLBACK(castalia_simulator_callback, castalia_simulator_trampoline)
%apply (castalia_progress_callback callback, void* user) {
  (castalia_progress_callback progress, void* user)
};

%threadallow;
%include "capi/castalia.h"
%nothreadallow;

%typemap(in) PyObject* "$1 = $input;"
%inline %{
/* The classes of exceptions: a dictionary from status to class, called with (status, message). */
static void register_errors(PyObject* classes) {
  Py_XDECREF(castalia_error_classes);
  Py_INCREF(classes);
  castalia_error_classes = classes;
}

/* castalia_event_writer_write with plain contiguous arrays, whose sizes are checked. */
static castalia_status write_event(castalia_event_writer* writer, PyObject* ids, PyObject* status,
                                   PyObject* mothers, PyObject* momenta, PyObject* masses,
                                   double weight) {
  castalia_status result = CASTALIA_OK;
  Py_buffer buffers[5] = {{0}};
  const void* data[5] = {0};
  PyObject* objects[5] = {ids, status, mothers, momenta, masses};
  const char* names[5] = {"ids", "status", "mothers", "momenta", "masses"};
  const Py_ssize_t width[5] = {1, 1, 2, 4, 1};
  for (int i = 0; i < 5 && !PyErr_Occurred(); ++i) {
    data[i] = i < 3 ? castalia_plain(objects[i], &buffers[i], "il", 4, names[i])
                    : castalia_plain(objects[i], &buffers[i], "d", 8, names[i]);
    if (data[i] && buffers[i].len / buffers[i].itemsize !=
                       width[i] * (buffers[0].len / buffers[0].itemsize))
      PyErr_Format(PyExc_ValueError, "%s has %zd elements; %zd particles need %zd", names[i],
                   buffers[i].len / buffers[i].itemsize, buffers[0].len / buffers[0].itemsize,
                   width[i] * (buffers[0].len / buffers[0].itemsize));
  }
  if (!PyErr_Occurred()) {
    const int32_t n = (int32_t)(buffers[0].len / buffers[0].itemsize);
    Py_BEGIN_ALLOW_THREADS
    result = castalia_event_writer_write(writer, n, (const int32_t*)data[0], (const int32_t*)data[1],
                                         (const int32_t*)data[2], (const double*)data[3],
                                         (const double*)data[4], weight);
    Py_END_ALLOW_THREADS
  }
  for (int i = 0; i < 5; ++i) castalia_release(&buffers[i]);
  return result;
}
%}
#else
%include "capi/castalia.h"
#endif
