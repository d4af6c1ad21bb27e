// metrics [NAME...]: measures rows of the benchmark, all or those named.
#include "rondo/tests/benchmarks/metric.h"
#include "rondo/tests/benchmarks/rondo_metrics.h"

int main(int argc, char** argv) {
  return rondo::benchmarks::RunMetrics(argc, argv,
                                       rondo::benchmarks::RondoMetrics());
}
