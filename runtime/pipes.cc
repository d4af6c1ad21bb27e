#include "rondo/runtime/pipes.h"

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/io.h"
#include "rondo/runtime/pipe_transport.h"

namespace rondo {
namespace {

using internal::LoopCore;
using internal::RunningCore;

// Makes `pipe` the loop's. Throws: as the header says.
DescriptorKind Adopt(const Socket& pipe, std::string_view call) {
  LoopCore* const core = RunningCore();
  const int fd = pipe.fd();
  const std::string what =
      std::string(call) + ": descriptor " + std::to_string(fd);
  const SysResult kind = internal::NetworkOf(core).Adopt(fd);
  if (kind == -EINVAL) {
    throw ValueError(what +
                     " is no pipe, socket or character device: nothing tells "
                     "when a plain file is ready; read and write it as one");
  }
  if (kind < 0) internal::ThrowSocketError(kind, what, "");
  if (kind != static_cast<SysResult>(DescriptorKind::kCharacterDevice)) {
    return static_cast<DescriptorKind>(kind);
  }
  try {  // Later, nobody would be there to be told.
    internal::Watch(core, fd, kReadable, [] {}, "probe");
  } catch (const std::system_error& error) {
    throw ValueError(what +
                     " is a device that cannot be waited for: " + error.what());
  }
  core->io->Remove(fd, kReadable);
  return DescriptorKind::kCharacterDevice;
}

Coro<Connection> Started(std::shared_ptr<Transport> transport,
                         std::shared_ptr<Protocol> protocol, Future<> waiter) {
  try {
    co_await waiter;
  } catch (...) {
    transport->Close();
    throw;
  }
  co_return Connection(std::move(transport), std::move(protocol));
}

}  // namespace

Coro<Connection> ConnectReadPipe(ProtocolFactory factory, Socket pipe) {
  Adopt(pipe, "ConnectReadPipe");
  const std::shared_ptr<Protocol> protocol = factory();
  const Future<> waiter = CreateFuture();
  std::shared_ptr<Transport> transport =
      internal::ReadPipeTransport::Start(std::move(pipe), protocol, waiter);
  co_return co_await Started(std::move(transport), protocol, waiter);
}

Coro<Connection> ConnectWritePipe(ProtocolFactory factory, Socket pipe) {
  const DescriptorKind kind = Adopt(pipe, "ConnectWritePipe");
  const std::shared_ptr<Protocol> protocol = factory();
  const Future<> waiter = CreateFuture();
  std::shared_ptr<Transport> transport = internal::WritePipeTransport::Start(
      std::move(pipe), kind, protocol, waiter);
  co_return co_await Started(std::move(transport), protocol, waiter);
}

}  // namespace rondo
