// The work of each row, done by rondo's public API as programs use it.
#ifndef RONDO_TESTS_BENCHMARKS_RONDO_METRICS_H_
#define RONDO_TESTS_BENCHMARKS_RONDO_METRICS_H_

#include <span>

#include "rondo/tests/benchmarks/metric.h"

namespace rondo::benchmarks {

// README.md says what each row is. mem_task wants a process of its own.
std::span<const Metric> RondoMetrics();

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_RONDO_METRICS_H_
