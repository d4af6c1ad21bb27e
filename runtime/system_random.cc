#include "rondo/runtime/system_random.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace rondo {
namespace {

SeededRandom::State FromKernel() {
  SeededRandom::State state = {};
  // Up to 256 bytes are never given in part, and all zeros do not happen.
  while (getrandom(state.data(), sizeof(state), 0) !=
         static_cast<ssize_t>(sizeof(state))) {
    if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
  }
  return state;
}

}  // namespace

SystemRandom::SystemRandom() : generator_(FromKernel()) {}

}  // namespace rondo
