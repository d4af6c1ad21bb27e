// Rows of sockets, by transports and protocols: what callbacks can do.
#ifndef RONDO_TESTS_BENCHMARKS_NETWORK_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_NETWORK_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

// README.md says what each row is.
std::span<const Metric> NetworkMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_NETWORK_METRICS_H_
