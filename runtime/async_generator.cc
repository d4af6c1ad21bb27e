#include "rondo/runtime/async_generator.h"

#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"

namespace rondo {

Coro<> ShutdownAsyncgens() {
  internal::LoopCore* const loop = internal::RunningCore();
  loop->generators_shut_down = true;
  std::vector<Coro<>> closing;
  for (internal::GeneratorRef& one : internal::OpenGenerators(loop)) {
    closing.push_back(internal::CloseGenerator(std::move(one)));
  }
  if (closing.empty()) co_return;
  const std::vector<Outcome<>> outcomes =
      co_await GatherOutcomes(std::move(closing));
  for (const Outcome<>& outcome : outcomes) {
    if (!IsException<std::exception>(outcome.exception())) continue;
    loop->Report(
        "an error occurred during closing of an asynchronous generator",
        outcome.exception());
  }
}

}  // namespace rondo
