// Random numbers that nobody chose.
#ifndef RONDO_RUNTIME_SYSTEM_RANDOM_H_
#define RONDO_RUNTIME_SYSTEM_RANDOM_H_

#include "rondo/runtime/random.h"
#include "rondo/runtime/seeded_random.h"

namespace rondo {

// A SeededRandom whose 256 bits of state come from the kernel (getrandom).
// Good for jitter and sampling, not for secrets.
class SystemRandom final : public Random {
 public:
  // Throws: std::system_error when the kernel gives no random numbers.
  SystemRandom();

  std::uint64_t Next() override { return generator_.Next(); }

 private:
  SeededRandom generator_;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_SYSTEM_RANDOM_H_
