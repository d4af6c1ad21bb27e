#include "rondo/runtime/flow_control.h"

#include <exception>
#include <string>

#include "rondo/runtime/errors.h"

namespace rondo::internal {

void FlowControl::SetLimits(const WriteBufferLimits& limits) {
  constexpr std::size_t kDefault = 64 * 1024;
  const std::size_t high =
      limits.high.value_or(limits.low.has_value() ? 4 * *limits.low : kDefault);
  const std::size_t low = limits.low.value_or(high / 4);
  if (low > high) {
    throw ValueError("high (" + std::to_string(high) + ") must be >= low (" +
                     std::to_string(low) + ")");
  }
  high_ = high;
  low_ = low;
}

void FlowControl::Pause(BaseProtocol* protocol) {
  paused_ = true;
  try {
    protocol->PauseWriting();
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    core_->Report("protocol.PauseWriting() failed", std::current_exception());
  }
}

void FlowControl::Resume(BaseProtocol* protocol) {
  paused_ = false;
  try {
    protocol->ResumeWriting();
  } catch (const LoopExit&) {
    throw;
  } catch (...) {  // tidy: allow(catch-all) told to the exception handler
    core_->Report("protocol.ResumeWriting() failed", std::current_exception());
  }
}

}  // namespace rondo::internal
