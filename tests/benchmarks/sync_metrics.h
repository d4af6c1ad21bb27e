// Rows of what tasks do to one another: locks, queues, groups, cancellation.
#ifndef RONDO_TESTS_BENCHMARKS_SYNC_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_SYNC_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

// README.md says what each row is.
std::span<const Metric> SyncMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_SYNC_METRICS_H_
