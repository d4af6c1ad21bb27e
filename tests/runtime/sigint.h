// SIGINT in tests, whatever the process was started with.
#ifndef RONDO_TESTS_RUNTIME_SIGINT_H_
#define RONDO_TESTS_RUNTIME_SIGINT_H_

#include <csignal>

namespace rondo {

using SignalHandler = void (*)(int);

// What SIGINT does now.
inline SignalHandler SigintHandler() {
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  return action.sa_handler;
}

// Gives SIGINT its default disposition, or another one, for a test.
class SigintAs {
 public:
  explicit SigintAs(SignalHandler handler = SIG_DFL)
      : before_(std::signal(SIGINT, handler)) {}
  SigintAs(const SigintAs&) = delete;
  SigintAs& operator=(const SigintAs&) = delete;
  ~SigintAs() { std::signal(SIGINT, before_); }

 private:
  SignalHandler before_;
};

// As Ctrl-C does.
inline void InterruptSelf() { std::raise(SIGINT); }

}  // namespace rondo

#endif  // RONDO_TESTS_RUNTIME_SIGINT_H_
