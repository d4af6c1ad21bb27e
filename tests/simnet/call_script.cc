#include "rondo/tests/simnet/call_script.h"

#include <string.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <span>

namespace rondo {
namespace {

std::string ResultName(SysResult result) {
  if (result >= 0) return std::to_string(result);
  const char* name = strerrorname_np(static_cast<int>(-result));
  return name != nullptr ? name : std::to_string(result);
}

std::string Letters(unsigned mask) {
  std::string letters;
  if ((mask & kReadable) != 0) letters += 'r';
  if ((mask & kWritable) != 0) letters += 'w';
  return letters;
}

std::vector<std::string> Run(const Script& script, std::string_view kind) {
  const std::unique_ptr<World> world = MakeWorld(kind);
  CallScript calls(*world);
  script(calls);
  return calls.TakeLines();
}

// Empty if they are the same.
std::string Difference(const std::vector<std::string>& kernel,
                       const std::vector<std::string>& shown) {
  const auto [a, b] =
      std::mismatch(kernel.begin(), kernel.end(), shown.begin(), shown.end());
  if (a == kernel.end() && b == shown.end()) return "";
  std::string text = "after\n";
  const std::ptrdiff_t context =
      std::min<std::ptrdiff_t>(a - kernel.begin(), 24);
  for (auto line = a - context; line != a; ++line) text += "  " + *line + "\n";
  text += "kernel:    " + (a == kernel.end() ? "(the end)" : *a) + "\n";
  return text + "simulated: " + (b == shown.end() ? "(the end)" : *b);
}

}  // namespace

CallScript::~CallScript() {
  for (const Descriptor& open : open_) open.network->Close(open.fd);
  for (const SocketAddress& file : files_) {
    world_.client().RemoveSocketFile(file);
  }
}

SocketAddress CallScript::Unix(std::string_view name) {
  files_.push_back(SocketAddress::Unix(world_.path(name)));
  return files_.back();
}

CallScript::Descriptor& CallScript::Find(const std::string& name) {
  for (Descriptor& open : open_) {
    if (open.name == name) return open;
  }
  ADD_FAILURE() << "no descriptor is called " << name;
  return open_.front();
}

std::vector<std::string> CallScript::names() const {
  std::vector<std::string> names;
  for (const Descriptor& open : open_) names.push_back(open.name);
  return names;
}

void CallScript::Add(const std::string& name, Network& network, SysResult fd) {
  if (fd >= 0) open_.push_back({name, &network, static_cast<int>(fd)});
}

unsigned CallScript::Ready(const std::string& name) {
  const Descriptor& open = Find(name);
  Selector& selector = world_.selector(*open.network);
  selector.Register(open.fd, kReadWrite);
  unsigned mask = 0;
  for (const ReadyEvent& event : selector.Select(Nanoseconds(0))) {
    if (event.fd == open.fd) mask = event.mask;
  }
  selector.Unregister(open.fd);
  return mask;
}

SysResult CallScript::Log(const std::string& call, SysResult result) {
  lines_.push_back(call + " = " + ResultName(result));
  world_.Settle();
  std::string ready = "  ready";
  for (const std::string& name : names()) {
    ready += " " + name + ":" + Letters(Ready(name));
  }
  lines_.push_back(std::move(ready));
  return result;
}

std::string CallScript::NameOf(const SocketAddress& address) {
  for (const std::string& name : names()) {
    if (Local(name) == address) return name;
  }
  return address == SocketAddress() ? "none" : "unknown";
}

SocketAddress CallScript::Local(const std::string& name) {
  SocketAddress address;
  const Descriptor& open = Find(name);
  open.network->LocalAddress(open.fd, &address);
  return address;
}

// ---- Descriptors.

SysResult CallScript::Open(const std::string& name, AddressFamily family,
                           SocketKind kind, Side side) {
  Network& network = NetworkOf(side);
  const SysResult fd = network.Socket(family, kind);
  Add(name, network, fd);
  return Log("open " + name, fd < 0 ? fd : 0);
}

void CallScript::OpenPair(const std::string& a, const std::string& b,
                          SocketKind kind) {
  std::array<int, 2> fds = {-1, -1};
  const SysResult result = world_.client().SocketPair(kind, &fds);
  Add(a, world_.client(), fds[0]);
  Add(b, world_.client(), fds[1]);
  Log("pair " + a + " " + b, result);
}

void CallScript::OpenPipe(const std::string& reader,
                          const std::string& writer) {
  std::array<int, 2> fds = {-1, -1};
  const SysResult result = world_.client().Pipe(&fds);
  Add(reader, world_.client(), fds[0]);
  Add(writer, world_.client(), fds[1]);
  Log("pipe " + reader + " " + writer, result);
}

SysResult CallScript::Close(const std::string& name) {
  const Descriptor open = Find(name);
  std::erase_if(open_,
                [&](const Descriptor& other) { return other.name == name; });
  return Log("close " + name, open.network->Close(open.fd));
}

// ---- The calls.

SysResult CallScript::Bind(const std::string& name,
                           const SocketAddress& address) {
  return Log("bind " + name, network(name).Bind(fd(name), address));
}

SysResult CallScript::Listen(const std::string& name, int backlog) {
  return Log("listen " + name + " " + std::to_string(backlog),
             network(name).Listen(fd(name), backlog));
}

SysResult CallScript::Accept(const std::string& listener,
                             const std::string& child) {
  SocketAddress peer;
  const SysResult result = network(listener).Accept(fd(listener), &peer);
  Add(child, network(listener), result);
  return Log("accept " + listener + " " + child +
                 (result < 0 ? "" : " of " + NameOf(peer)),
             result < 0 ? result : 0);
}

SysResult CallScript::Connect(const std::string& name,
                              const SocketAddress& address) {
  return Log("connect " + name, network(name).Connect(fd(name), address));
}

SysResult CallScript::Error(const std::string& name) {
  const SysResult error = network(name).Error(fd(name));
  return -Log("error " + name, -error);
}

SysResult CallScript::Send(const std::string& name, std::string_view data) {
  return Log("send " + name + " " + std::to_string(data.size()),
             network(name).Send(fd(name), data));
}

SysResult CallScript::SendParts(const std::string& name,
                                const std::vector<std::string>& parts) {
  const std::vector<std::span<const char>> spans(parts.begin(), parts.end());
  return Log("send " + name + " " + std::to_string(parts.size()) + " parts",
             network(name).SendMessage(fd(name), spans));
}

SysResult CallScript::SendTo(const std::string& name, std::string_view data,
                             const SocketAddress& to) {
  const std::string target = NameOf(to);
  return Log(
      "send " + name + " " + std::to_string(data.size()) + " to " + target,
      network(name).SendTo(fd(name), data, to));
}

SysResult CallScript::Receive(const std::string& name, std::size_t size) {
  received_.assign(size, '\0');
  const SysResult result = network(name).Receive(fd(name), received_);
  received_.resize(result > 0 ? result : 0);
  return Log("receive " + name + " " + std::to_string(size) + " " + received_,
             result);
}

SysResult CallScript::ReceiveFrom(const std::string& name, std::size_t size) {
  received_.assign(size, '\0');
  SocketAddress from;
  bool truncated = false;
  const SysResult result =
      network(name).ReceiveFrom(fd(name), received_, &from, &truncated);
  received_.resize(result > 0 ? result : 0);
  std::string call =
      "receive " + name + " " + std::to_string(size) + " " + received_;
  if (result >= 0) call += " from " + NameOf(from);
  if (truncated) call += " truncated";
  return Log(call, result);
}

SysResult CallScript::Read(const std::string& name, std::size_t size) {
  received_.assign(size, '\0');
  const SysResult result = network(name).Read(fd(name), received_);
  received_.resize(result > 0 ? result : 0);
  return Log("read " + name + " " + std::to_string(size), result);
}

SysResult CallScript::Write(const std::string& name, std::string_view data) {
  return Log("write " + name + " " + std::to_string(data.size()),
             network(name).Write(fd(name), data));
}

SysResult CallScript::Shutdown(const std::string& name, ShutdownHow how) {
  return Log("shutdown " + name + " " + std::to_string(static_cast<int>(how)),
             network(name).Shutdown(fd(name), how));
}

SysResult CallScript::Set(const std::string& name, SocketOption option,
                          int value) {
  return Log("set " + name + " " + std::to_string(static_cast<int>(option)) +
                 " " + std::to_string(value),
             network(name).SetOption(fd(name), option, value));
}

SysResult CallScript::Get(const std::string& name, SocketOption option) {
  return Log("get " + name + " " + std::to_string(static_cast<int>(option)),
             network(name).GetOption(fd(name), option));
}

SysResult CallScript::Peer(const std::string& name) {
  SocketAddress peer;
  const SysResult result = network(name).PeerAddress(fd(name), &peer);
  return Log("peer " + name + (result < 0 ? "" : " " + NameOf(peer)), result);
}

// ---- Many calls.

int CallScript::Fill(const std::string& name, std::string_view data) {
  int taken = 0;
  SysResult n = 0;
  std::size_t total = 0;
  while (n >= 0) {
    n = network(name).Write(fd(name), data);
    if (n == static_cast<SysResult>(data.size())) ++taken;
    if (n > 0) total += n;
  }
  Log("fill " + name + " with " + std::to_string(data.size()) + ": " +
          std::to_string(taken) + ", " + std::to_string(total) + " bytes",
      n);
  return taken;
}

std::size_t CallScript::Drain(const std::string& name, std::size_t size,
                              int times) {
  std::size_t total = 0;
  int received = 0;
  received_.assign(size, '\0');
  for (; received < times; ++received) {
    const SysResult n = network(name).Read(fd(name), received_);
    if (n < 0) break;
    total += n;
  }
  Log("drain " + name + " of " + std::to_string(received), total);
  return total;
}

// ---- The worlds.

void Agree(const Script& script, std::initializer_list<const char*> worlds,
           const std::string& what) {
  for (const char* kind : worlds) {
    SCOPED_TRACE(testing::Message() << what << " " << kind);
    const std::vector<std::string> shown = Run(script, kind);
    std::string difference;
    for (int attempt = 0; attempt < 3; ++attempt) {
      difference = Difference(Run(script, "kernel"), shown);
      if (difference.empty()) break;
    }
    EXPECT_EQ(difference, "");
  }
}

void AgreeLocally(const Script& script, const std::string& what) {
  Agree(script, {"loopback"}, what);
}

}  // namespace rondo
