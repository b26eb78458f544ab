// The workloads that are plain networks. Architectures are stated beside their peers in
// bench/peers.
#ifndef CASTALIA_BENCH_NETWORKS_TASKS_H_
#define CASTALIA_BENCH_NETWORKS_TASKS_H_

#include <memory>

#include "bench/worker.h"

namespace castalia::bench {

// P3: samples of the inverse flow (IAF) of as many weights as the masked one that it measures:
// what a sample costs when the network computes this direction at once.
std::unique_ptr<Task> make_inverse_flow(const Request& request, int threads);

// P4: latent vectors (batch, 64) to voxels (batch, 504) by a perceptron 64-256-512-504 with ReLU.
std::unique_ptr<Task> make_generator(const Request& request, int threads);

// P7: a training step of a variational autoencoder of 30 x 30 x 30 voxels: three convolutions of
// stride 2 to 64 channels, 32 latent variables, three transposed convolutions back.
std::unique_ptr<Task> make_voxel_autoencoder(const Request& request, int threads);

// P14: blocks of 100 calls that draw one event each of a small flow, straight from its Program.
std::unique_ptr<Task> make_direct_call(const Request& request, int threads);

// What the machine gives at most, measured with our own loops. product: the product of two square
// matrices of `batch` rows, 2 batch^3 operations. triad: a = b + s c on three arrays of together
// `batch` bytes, all of which are read or written once. read: two arrays of together `batch` bytes
// are compared.
std::unique_ptr<Task> make_limit(const Request& request, int threads);

// The task of any workload of these.
std::unique_ptr<Task> make_network_task(const Request& request, int threads);

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_NETWORKS_TASKS_H_
