// The exceptions of asyncio, by asyncio's names.
//
// `CancelledError` and the other `BaseException`s do not derive from
// std::exception, so that `catch (const std::exception&)` means what `except
// Exception` means and cannot swallow a cancellation. Everything else does.
#ifndef RONDO_RUNTIME_ERRORS_H_
#define RONDO_RUNTIME_ERRORS_H_

#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace rondo {

// What `catch (const std::exception&)` lets pass.
// Source: BaseException; differs: ordinary exceptions do not derive from it.
class BaseException {
 public:
  virtual ~BaseException() = default;
  // What there is to say besides the class's name; may be empty.
  virtual const char* what() const noexcept { return ""; }
};

// Thrown at the point where a cancelled task waits.
// Source: asyncio.CancelledError.
class CancelledError : public BaseException {
 public:
  CancelledError() = default;
  explicit CancelledError(std::string message) : message_(std::move(message)) {}

  // What Cancel was given; empty if nothing.
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  std::string message_;
};

// Thrown by a callback or a task, leaves the loop at once: out of RunForever.
// Source: the part SystemExit and KeyboardInterrupt play in asyncio.
class LoopExit : public BaseException {};

// The user has pressed Ctrl-C while a Runner ran (run.h). If nobody catches it
// the process ends as if killed by SIGINT.
class KeyboardInterrupt : public LoopExit {};

// Thrown at the co_yield of a generator that is being closed: the generator
// cleans up and ends (async_generator.h).
class GeneratorExit : public BaseException {};

// An operation that the state of the program forbids.
class RuntimeError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An argument that makes no sense.
class ValueError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// A deadline has passed.
class TimeoutError : public std::runtime_error {
 public:
  TimeoutError() : std::runtime_error("deadline exceeded") {}
  using std::runtime_error::runtime_error;
};

// A future asked for what it does not have, or given what it has already.
class InvalidStateError : public std::logic_error {
  using std::logic_error::logic_error;
};

// The stream has ended before enough was read.
class IncompleteReadError : public std::runtime_error {
 public:
  // `expected` has no value if it is unknown.
  IncompleteReadError(std::string partial, std::optional<std::size_t> expected);

  // What was read.
  const std::string& partial() const { return partial_; }
  std::optional<std::size_t> expected() const { return expected_; }

 private:
  std::string partial_;
  std::optional<std::size_t> expected_;
};

// A separator is too far away. Nothing was consumed.
class LimitOverrunError : public std::runtime_error {
 public:
  // `found`: there is one, behind so many bytes.
  explicit LimitOverrunError(std::size_t consumed, bool found = false);

  // How many bytes without a separator there are.
  std::size_t consumed() const { return consumed_; }

 private:
  std::size_t consumed_;
};

// Waiting for others at a barrier that was aborted, or reset meanwhile.
class BrokenBarrierError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// PutNowait into a queue that has as many items as it may.
class QueueFull : public std::runtime_error {
 public:
  QueueFull() : std::runtime_error("the queue is full") {}
};

// GetNowait from a queue without items.
class QueueEmpty : public std::runtime_error {
 public:
  QueueEmpty() : std::runtime_error("the queue is empty") {}
};

// The queue was shut down: it takes no more items, and has none left.
class QueueShutDown : public std::runtime_error {
 public:
  QueueShutDown() : std::runtime_error("the queue was shut down") {}
};

// Nothing can ever happen again: thrown where a loop would wait for ever in
// virtual time. what() is the report: every pending task, its await chain, and
// what it waits for.
class DeadlockError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

// True if `catch (const E&)` would catch `exception`. Null is none.
template <class E>
bool IsException(const std::exception_ptr& exception) {
  if (exception == nullptr) return false;
  try {
    std::rethrow_exception(exception);
  } catch (const E&) {
    return true;
  } catch (...) {  // tidy: allow(catch-all) only its type is asked for
    return false;
  }
}

// One line for a log: "std::runtime_error: text", "rondo::CancelledError".
std::string DescribeException(const std::exception_ptr& exception);

}  // namespace rondo

#endif  // RONDO_RUNTIME_ERRORS_H_
