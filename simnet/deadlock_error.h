// Nothing is ready, nothing is due, nothing is under way: nothing will be.
#ifndef RONDO_SIMNET_DEADLOCK_ERROR_H_
#define RONDO_SIMNET_DEADLOCK_ERROR_H_

#include <stdexcept>

namespace rondo {

class DeadlockError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rondo

#endif  // RONDO_SIMNET_DEADLOCK_ERROR_H_
