#include "rondo/runtime/flow_control.h"

#include <exception>
#include <string>

#include "rondo/runtime/errors.h"

namespace rondo::internal {

WriteBufferLimits FillIn(const WriteBufferLimits& limits,
                         std::size_t default_high) {
  const std::size_t high = limits.high.value_or(
      limits.low.has_value() ? 4 * *limits.low : default_high);
  const std::size_t low = limits.low.value_or(high / 4);
  if (low > high) {
    throw ValueError("high (" + std::to_string(high) + ") must be >= low (" +
                     std::to_string(low) + ")");
  }
  return {low, high};
}

void FlowControl::SetLimits(const WriteBufferLimits& limits) {
  const WriteBufferLimits both = FillIn(limits, 64 * 1024);
  high_ = *both.high;
  low_ = *both.low;
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
