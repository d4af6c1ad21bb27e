// A metric: a number of operations a second, and how to measure one.
//
// What is measured waits for nothing but itself, so the time is the CPU time
// of this process, kernel work included: other jobs on the machine do not
// count. BENCH_CLOCK=wall measures the wall clock instead; BENCH_SCALE=0.1
// shrinks every count to a tenth.
#ifndef RONDO_TESTS_BENCHMARKS_METRIC_H_
#define RONDO_TESTS_BENCHMARKS_METRIC_H_

#include <cstdint>
#include <span>

namespace rondo::benchmarks {

// `run` does the work once. It returns operations a second (mem_*: bytes a
// task), or a negative number if the work went wrong.
struct Metric {
  const char* name;
  double (*run)();
};

// Seconds.
double Now();

// `n` scaled; at least one.
std::int64_t Count(double n);

// Resident bytes of this process.
double ResidentBytes();

// The same stream of numbers for everybody measured. Source: SplitMix64.
class Rng {
 public:
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  // In [0, n).
  std::int64_t Below(double n) {
    return static_cast<std::int64_t>(Uniform() * n);
  }

 private:
  std::uint64_t state_ = 42;
};

// Wall-clock seconds, and a wait until then that makes no system call.
double WallNow();
void SpinUntil(double wall_time);

// The command line of a program of metrics: names to run, or none for all, or
// --list. Prints "name value" lines. Returns the exit code.
int RunMetrics(int argc, char** argv, std::span<const Metric> metrics);

}  // namespace rondo::benchmarks

#endif  // RONDO_TESTS_BENCHMARKS_METRIC_H_
