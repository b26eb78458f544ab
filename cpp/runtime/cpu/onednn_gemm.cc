#include "cpp/runtime/cpu/onednn_gemm.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/bfloat16.h"
#include "cpp/runtime/cpu/onednn_library.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace castalia::cpu {
namespace {

size_t round_up(size_t bytes) { return (bytes + 63) / 64 * 64; }

// What one execution needs: memory objects whose pointers change from tile to tile. They are made
// beforehand, as many as threads may run at once.
struct Call {
  dnnl::stream stream;
  dnnl::memory a, b, bias, c, scratchpad;
  std::atomic<bool> taken{false};
};

void verify(dnnl_status_t status, const char* what) {
  if (status != dnnl_success) fail(Code::internal, "oneDNN: ", what, ": status ", int{status});
}

}  // namespace

struct OnednnGemm::State {
  GemmShape shape;
  int64_t tile_rows = 0;
  bool has_bias = false;
  bool rounds = false;  // operands are bfloat16
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::memory::desc a_desc, b_desc, bias_desc, c_desc, scratchpad_desc;
  dnnl::primitive primitive;
  std::string implementation;
  std::vector<std::unique_ptr<Call>> calls;

  std::unique_ptr<Call> make_call() const {
    auto call = std::make_unique<Call>();
    call->stream = dnnl::stream(engine);
    const auto memory = [&](const dnnl::memory::desc& desc) {
      return dnnl::memory(desc, engine, DNNL_MEMORY_NONE);
    };
    call->a = memory(a_desc);
    call->b = memory(b_desc);
    call->c = memory(c_desc);
    call->scratchpad = memory(scratchpad_desc);
    if (has_bias) call->bias = memory(bias_desc);
    return call;
  }
  size_t scratchpad_bytes() const { return round_up(scratchpad_desc.get_size()); }
  size_t padded_a_bytes() const {
    return round_up(rounds ? static_cast<size_t>(tile_rows * shape.k) * sizeof(Bfloat16)
                           : static_cast<size_t>(tile_rows * shape.lda) * sizeof(float));
  }
  size_t padded_c_bytes() const {
    return round_up(static_cast<size_t>(tile_rows * shape.ldc) * sizeof(float));
  }
  void execute(Call& call, const void* a, float* c) const;
  void pad_rows(const float* a, int64_t rows, float* to) const;
  void round_rows(const float* a, int64_t rows, Bfloat16* to) const;
};

std::unique_ptr<OnednnGemm> OnednnGemm::create(const GemmShape& given, int64_t tile_rows,
                                               bool epilogue_bias, bool relu, std::string* refusal,
                                               OnednnOperands operands) {
  check(tile_rows > 0, "oneDNN product: ", tile_rows, " rows in a tile");
  if (given.m <= 0 || given.n <= 0 || given.k <= 0) {
    *refusal = "empty product";
    return nullptr;
  }
  const bool rounds = operands == OnednnOperands::bfloat16;
  if (given.transpose_a && !rounds && given.m % tile_rows != 0) {
    *refusal = "a transposed first operand needs a whole number of tiles";
    return nullptr;
  }
  if (rounds ? !has_bfloat16_products(refusal) : !open_onednn(refusal)) return nullptr;
  const OneThread one_thread;  // a primitive is made for the number of threads of its creator
  auto state = std::make_unique<State>();
  GemmShape& s = state->shape;
  s = given;
  if (s.lda == 0) s.lda = s.transpose_a ? s.m : s.k;
  if (s.ldb == 0) s.ldb = s.transpose_b ? s.k : s.n;
  if (s.ldc == 0) s.ldc = s.n;
  state->tile_rows = tile_rows;
  state->has_bias = epilogue_bias;
  state->rounds = rounds;
  using Dims = dnnl::memory::dims;
  const auto type = dnnl::memory::data_type::f32;
  const auto operand = rounds ? dnnl::memory::data_type::bf16 : type;
  Dims a_strides = s.transpose_a ? Dims{1, s.lda} : Dims{s.lda, 1};
  if (rounds) a_strides = {s.k, 1};
  try {
    state->a_desc = {{tile_rows, s.k}, operand, a_strides};
    state->b_desc = {{s.k, s.n}, operand, s.transpose_b ? Dims{1, s.ldb} : Dims{s.ldb, 1}};
    state->c_desc = {{tile_rows, s.n}, type, Dims{s.ldc, 1}};
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (relu) {
      dnnl::post_ops after;
      after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
      attributes.set_post_ops(after);
    }
    dnnl::matmul::primitive_desc description;
    if (epilogue_bias) {
      state->bias_desc = {{1, s.n}, type, Dims{s.n, 1}};
      description = {state->engine,    state->a_desc, state->b_desc,
                     state->bias_desc, state->c_desc, attributes};
    } else {
      description = {state->engine, state->a_desc, state->b_desc, state->c_desc, attributes};
    }
    state->scratchpad_desc = description.scratchpad_desc();
    state->implementation = description.impl_info_str();
    state->primitive = dnnl::matmul(description);
    const unsigned cores = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
    for (unsigned i = 0; i < cores; ++i) state->calls.push_back(state->make_call());
  } catch (const dnnl::error& error) {
    *refusal = std::string("oneDNN: ") + error.what();
    return nullptr;
  }
  return std::unique_ptr<OnednnGemm>(new OnednnGemm(std::move(state)));
}

OnednnGemm::OnednnGemm(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnednnGemm::~OnednnGemm() = default;

int64_t OnednnGemm::tiles() const {
  return (state_->shape.m + state_->tile_rows - 1) / state_->tile_rows;
}

size_t OnednnGemm::scratch_bytes() const {
  const bool partial = state_->shape.m % state_->tile_rows != 0;
  return state_->scratchpad_bytes() + (partial || state_->rounds ? state_->padded_a_bytes() : 0) +
         (partial ? state_->padded_c_bytes() : 0);
}

const std::string& OnednnGemm::implementation() const { return state_->implementation; }

// The C interface, because the C++ one builds a map for every execution.
void OnednnGemm::State::execute(Call& call, const void* a, float* c) const {
  verify(dnnl_memory_set_data_handle(call.a.get(), const_cast<void*>(a)), "operand");
  verify(dnnl_memory_set_data_handle(call.c.get(), c), "result");
  const dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, call.a.get()},
      {DNNL_ARG_WEIGHTS, call.b.get()},
      {DNNL_ARG_DST, call.c.get()},
      {DNNL_ARG_SCRATCHPAD, call.scratchpad.get()},
      {DNNL_ARG_BIAS, has_bias ? call.bias.get() : nullptr},
  };
  verify(dnnl_primitive_execute(primitive.get(), call.stream.get(), has_bias ? 5 : 4, arguments),
         "matrix product");
}

// A tile with the distances between rows that all have; behind the last row zeros.
void OnednnGemm::State::pad_rows(const float* a, int64_t rows, float* to) const {
  for (int64_t i = 0; i < tile_rows; ++i, to += shape.lda) {
    if (i < rows) {
      std::copy_n(a + i * shape.lda, shape.k, to);
    } else {
      std::fill_n(to, shape.k, 0.0F);
    }
  }
}

// The same in bfloat16, dense and not transposed.
void OnednnGemm::State::round_rows(const float* a, int64_t rows, Bfloat16* to) const {
  const int64_t row_step = shape.transpose_a ? 1 : shape.lda;
  const int64_t k_step = shape.transpose_a ? shape.lda : 1;
  for (int64_t i = 0; i < tile_rows; ++i) {
    for (int64_t k = 0; k < shape.k; ++k) {
      *to++ = i < rows ? to_bfloat16(a[i * row_step + k * k_step]) : Bfloat16{0};
    }
  }
}

void OnednnGemm::run(const float* a, const void* b, const float* bias, float* c, std::byte* scratch,
                     int64_t first, int64_t last) const {
  const State& s = *state_;
  const GemmShape& shape = s.shape;
  check(first >= 0 && last <= tiles(), "oneDNN product: tiles ", first, " to ", last, " of ",
        tiles());
  check((bias != nullptr) == s.has_bias, "oneDNN product: made ", s.has_bias ? "with" : "without",
        " bias");
  const OneThread one_thread;

  // A free set of arguments; a set of our own when more threads than cores are here.
  struct Lease {
    Call* call = nullptr;
    std::unique_ptr<Call> own;
    ~Lease() {
      if (call != nullptr) call->taken.store(false, std::memory_order_release);
    }
  } lease;
  for (const auto& candidate : s.calls) {
    if (!candidate->taken.exchange(true, std::memory_order_acquire)) {
      lease.call = candidate.get();
      break;
    }
  }
  if (lease.call == nullptr) {
    lease.own = s.make_call();
    lease.call = lease.own.get();
  }
  Call& call = *lease.call;
  verify(dnnl_memory_set_data_handle(call.b.get(), const_cast<void*>(b)), "operand");
  verify(dnnl_memory_set_data_handle(call.scratchpad.get(), scratch), "scratch");
  if (s.has_bias) {
    verify(dnnl_memory_set_data_handle(call.bias.get(), const_cast<float*>(bias)), "bias");
  }

  std::byte* const tile_a = scratch + s.scratchpad_bytes();
  auto* const padded_c = reinterpret_cast<float*>(tile_a + s.padded_a_bytes());
  for (int64_t tile = first; tile < last; ++tile) {
    const int64_t row = tile * s.tile_rows;
    const int64_t rows = std::min(s.tile_rows, shape.m - row);
    const float* from = a + (shape.transpose_a ? row : row * shape.lda);
    float* to = c + row * shape.ldc;
    const void* operand = from;
    if (s.rounds) {
      s.round_rows(from, rows, reinterpret_cast<Bfloat16*>(tile_a));
      operand = tile_a;
    } else if (rows < s.tile_rows) {
      s.pad_rows(from, rows, reinterpret_cast<float*>(tile_a));
      operand = tile_a;
    }
    if (rows == s.tile_rows) {
      s.execute(call, operand, to);
      continue;
    }
    s.execute(call, operand, padded_c);
    for (int64_t i = 0; i < rows; ++i) {
      std::copy_n(padded_c + i * shape.ldc, shape.n, to + i * shape.ldc);
    }
  }
}

}  // namespace castalia::cpu
