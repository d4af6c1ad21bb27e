#include "rondo/runtime/stream_writer.h"

#include <exception>

#include "rondo/runtime/sleep.h"
#include "rondo/runtime/task.h"

namespace rondo {

Coro<> StreamWriter::DrainParts(
    std::shared_ptr<Transport> transport,
    std::shared_ptr<StreamReaderProtocol> protocol) {
  if (const std::exception_ptr error = protocol->reader().exception()) {
    std::rethrow_exception(error);
  }
  // Lets ConnectionLost come, which is queued; otherwise a loop that writes and
  // drains would never learn of it.
  if (transport->is_closing()) co_await Yield();
  if (!protocol->may_write()) co_await protocol->Drain();
}

Coro<> StreamWriter::WaitUntilClosed(
    std::shared_ptr<StreamReaderProtocol> protocol) {
  co_await protocol->closed();
}

}  // namespace rondo
