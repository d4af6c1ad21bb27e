#include "rondo/runtime/subprocess.h"

#include <signal.h>

#include <cerrno>
#include <span>
#include <system_error>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/stream_protocol.h"
#include "rondo/runtime/subprocess_transport.h"

namespace rondo {
namespace {

using internal::Child;
using Parts = std::shared_ptr<internal::ProcessParts>;
using SharedProtocol = std::shared_ptr<StreamReaderProtocol>;

// As much as a pipe holds.
constexpr std::size_t kBlock = 64 * 1024;

bool IsBrokenPipe(const std::system_error& error) {
  return error.code().value() == EPIPE || error.code().value() == ECONNRESET;
}

Coro<> Feed(Parts parts, std::string input) {
  Stream& stream = parts->std_in;
  if (!stream.is_open()) co_return;
  try {
    stream.Write(input);
    co_await stream.Drain();
  } catch (const std::system_error& error) {
    if (!IsBrokenPipe(error)) throw;
  }
  stream.Close();
}

Coro<> Collect(Parts parts, Stream internal::ProcessParts::* which,
               std::string internal::ProcessParts::* text) {
  Stream& stream = (*parts).*which;
  if (!stream) co_return;
  std::vector<char> block(kBlock);
  while (const std::size_t n = co_await stream.Read(std::span<char>(block))) {
    ((*parts).*text).append(block.data(), n);
  }
  stream.Close();
}

Coro<ProcessOutput> CommunicateWith(Parts parts, std::string input) {
  if (!input.empty() && !parts->std_in) {
    throw ValueError("Communicate: the child's standard input is no pipe");
  }
  Coro<> feed = Feed(parts, std::move(input));
  Coro<> output = Collect(parts, &internal::ProcessParts::std_out,
                          &internal::ProcessParts::output);
  Coro<> errors = Collect(parts, &internal::ProcessParts::std_err,
                          &internal::ProcessParts::errors);
  co_await Gather(std::move(feed), std::move(output), std::move(errors));
  co_await Child::Wait(parts->child);
  co_return ProcessOutput(std::move(parts->output), std::move(parts->errors));
}

Stream Connect(Child& child, int fd, const SharedProtocol& protocol) {
  std::shared_ptr<Transport> transport = child.ConnectPipe(fd, protocol);
  return transport == nullptr ? Stream()
                              : Stream(std::move(transport), protocol);
}

}  // namespace

Process::~Process() {
  if (parts_ == nullptr) return;
  parts_->std_in.Close();
  parts_->std_out.Close();
  parts_->std_err.Close();
}

Coro<ProcessOutput> Process::Communicate(std::string input) {
  return CommunicateWith(parts_, std::move(input));
}

void Process::Terminate() { SendSignal(SIGTERM); }

void Process::Kill() { SendSignal(SIGKILL); }

Coro<Process> CreateSubprocessExec(ProcessSpec spec, std::size_t limit) {
  std::vector<SharedProtocol> protocols;  // Before: they may refuse the limit.
  for (int fd = 0; fd < 3; ++fd) {
    protocols.push_back(std::make_shared<StreamReaderProtocol>(
        std::make_shared<StreamReader>(limit)));
  }
  auto parts = std::make_shared<internal::ProcessParts>();
  parts->child = Child::Start(spec);
  parts->std_in = Connect(*parts->child, 0, protocols[0]);
  parts->std_out = Connect(*parts->child, 1, protocols[1]);
  parts->std_err = Connect(*parts->child, 2, protocols[2]);
  co_return Process(std::move(parts));
}

Coro<Process> CreateSubprocessShell(std::string command, ProcessSpec spec,
                                    std::size_t limit) {
  return CreateSubprocessExec(
      internal::OfShell(std::move(command), std::move(spec)), limit);
}

}  // namespace rondo
