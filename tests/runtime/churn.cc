#include "rondo/tests/runtime/churn.h"

#include <algorithm>
#include <array>
#include <exception>
#include <numeric>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/network.h"

namespace rondo {
namespace {

constexpr std::size_t kNameSize = 4;
constexpr std::size_t kLongestMessage = 20'000;
constexpr std::size_t kMostMessages = 5;
constexpr std::array<const char*, 5> kWayNames = {
    "closed", "half-closed", "reset", "left", "were cancelled"};

// The byte at `offset` of what client `id` says: its name, then a pattern.
char ByteAt(std::size_t id, std::uint64_t offset) {
  if (offset < kNameSize) return static_cast<char>(id >> (8 * offset));
  return static_cast<char>(offset * 131 + (offset >> 8) * 17 + id * 7);
}

std::string Words(std::size_t id, std::uint64_t offset, std::size_t n) {
  std::string words(n, '\0');
  for (std::size_t i = 0; i < n; ++i) words[i] = ByteAt(id, offset + i);
  return words;
}

bool AreWords(std::size_t id, std::uint64_t offset,
              std::span<const char> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != ByteAt(id, offset + i)) return false;
  }
  return true;
}

std::size_t NameIn(std::string_view bytes) {
  std::size_t id = 0;
  for (std::size_t i = kNameSize; i-- > 0;) {
    id = id << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return id;
}

}  // namespace

Churn::Churn(std::uint64_t seed, std::size_t clients)
    : seed_(seed), accounts_(clients + 1), all_here_(clients) {
  SeededRandom random(seed);
  for (Account& account : accounts_) {
    account.way = static_cast<Way>(random.Below(kWays));
    randoms_.emplace_back(random.Next());
  }
  accounts_.back().way = Way::kCloses;
}

Coro<Server> Churn::Listen(std::string host, std::uint16_t port) {
  ServerOptions options;
  options.backlog = 4096;
  ConnectionHandler echo = [this](Stream stream) {
    return Echo(std::move(stream));
  };
  return StartServer(std::move(echo), std::move(host), port, options);
}

Coro<> Churn::Echo(Stream stream) {
  try {
    co_await EchoAll(stream);
    stream.Close();
    co_await stream.WaitClosed();
  } catch (const std::system_error&) {
    ++broken_;
  } catch (const IncompleteReadError&) {
    ++broken_;  // It has not even said its name.
  }
}

Coro<> Churn::EchoAll(Stream& stream) {
  const std::string name = co_await stream.ReadExactly(kNameSize);
  const std::size_t id = NameIn(name);
  if (id >= accounts_.size()) throw RuntimeError("a name that nobody has");
  Account& account = accounts_[id];
  account.received = account.returned = kNameSize;
  co_await stream.WriteAll(name);
  std::array<char, 4096> buffer;
  while (const std::size_t n = co_await stream.Read(buffer)) {
    const std::span<const char> bytes(buffer.data(), n);
    if (!AreWords(id, account.received, bytes)) {
      account.wrong = "the server has received other bytes";
    }
    account.received += n;
    account.returned += n;
    co_await stream.WriteAll(bytes);
  }
}

Coro<> Churn::RunClients(std::string host, std::uint16_t port) {
  std::vector<Coro<>> clients;
  for (std::size_t id = 0; id + 1 < accounts_.size(); ++id) {
    clients.push_back(Client(id, host, port));
  }
  co_await Gather(std::move(clients));
}

Coro<> Churn::Probe(std::string host, std::uint16_t port) {
  Stream stream = co_await OpenConnection(std::move(host), port);
  const std::size_t id = accounts_.size() - 1;
  co_await Talk(id, stream);
  co_await Leave(id, stream);
}

Coro<> Churn::Client(std::size_t id, std::string host, std::uint16_t port) {
  Stream stream = co_await OpenConnection(std::move(host), port);
  co_await all_here_.Wait();
  if (accounts_[id].way != Way::kIsCancelled) {
    co_await Talk(id, stream);
    co_await Leave(id, stream);
    co_return;
  }
  co_await BeCancelled(id, stream);
  stream.Close();
  co_await stream.WaitClosed();
}

Coro<> Churn::BeCancelled(std::size_t id, Stream& stream) {
  Account& account = accounts_[id];
  account.cancel_at = 1 + randoms_[id].Below(3 * kLongestMessage);
  account.talk = CreateTask(TalkOn(id, stream));
  const Task<> talk = account.talk;
  try {
    co_await talk;
  } catch (const CancelledError&) {
    // It always comes to this.
  }
  account.talk = Task<>();
}

Coro<> Churn::Talk(std::size_t id, Stream& stream) {
  SeededRandom& random = randoms_[id];
  co_await Say(id, stream, kNameSize);
  co_await Hear(id, stream, kNameSize);
  const std::size_t messages = random.Below(kMostMessages);
  for (std::size_t i = 0; i < messages; ++i) {
    const std::size_t size = 1 + random.Below(kLongestMessage);
    co_await Say(id, stream, size);
    co_await Hear(id, stream, size);
  }
}

Coro<> Churn::TalkOn(std::size_t id, Stream& stream) {
  for (;;) co_await Talk(id, stream);
}

Coro<> Churn::Leave(std::size_t id, Stream& stream) {
  SeededRandom& random = randoms_[id];
  const std::size_t last = 1 + random.Below(kLongestMessage);
  switch (accounts_[id].way) {
    case Way::kHalfCloses: {
      co_await Say(id, stream, last);
      stream.WriteEof();
      co_await Hear(id, stream, last);
      const std::string more = co_await stream.ReadAll();
      if (!more.empty()) accounts_[id].wrong = "the server has said too much";
      break;
    }
    case Way::kResets:
      co_await Say(id, stream, last);
      RunningLoop().seams().network->SetOption(stream.fd(),
                                               SocketOption::kLinger, 0);
      stream.transport().Abort();
      break;
    case Way::kLeaves:
      co_await Say(id, stream, last);
      co_await Hear(id, stream, random.Below(last));
      break;
    case Way::kCloses:
    case Way::kIsCancelled:
      break;
  }
  stream.Close();
  co_await stream.WaitClosed();
}

Coro<> Churn::Say(std::size_t id, Stream& stream, std::size_t n) {
  Account& account = accounts_[id];
  const std::string words = Words(id, account.sent, n);
  account.sent += n;
  co_await stream.WriteAll(words);
}

Coro<> Churn::Hear(std::size_t id, Stream& stream, std::size_t n) {
  Account& account = accounts_[id];
  while (n > 0) {
    const std::string words = co_await stream.Read(n);
    if (words.empty()) throw RuntimeError("the server has ended a connection");
    if (!AreWords(id, account.acknowledged, words)) {
      account.wrong = "the server has returned other bytes";
    }
    account.acknowledged += words.size();
    n -= words.size();
    if (account.talk && account.acknowledged >= account.cancel_at) {
      // In the next turn it waits for more, or has it already.
      RunningLoop().CallSoon([talk = account.talk]() mutable { talk.Cancel(); },
                             "cancel");
    }
  }
}

std::string Churn::Wrong() const {
  std::string lines;
  for (std::size_t id = 0; id < accounts_.size(); ++id) {
    const Account& a = accounts_[id];
    const bool ordered = a.acknowledged <= a.returned &&
                         a.returned <= a.received && a.received <= a.sent;
    const bool polite = a.way == Way::kCloses || a.way == Way::kHalfCloses;
    const bool whole = !polite || a.acknowledged == a.sent;
    if (ordered && whole && a.wrong.empty()) continue;
    lines +=
        "seed " + std::to_string(seed_) + ", client " + std::to_string(id) +
        " (" + kWayNames[static_cast<std::size_t>(a.way)] + "): sent " +
        std::to_string(a.sent) + ", received " + std::to_string(a.received) +
        ", returned " + std::to_string(a.returned) + ", acknowledged " +
        std::to_string(a.acknowledged) + " " + a.wrong + "\n";
  }
  return lines;
}

std::string Churn::Summary() const {
  std::array<std::size_t, kWays> ways = {};
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  for (const Account& account : accounts_) {
    ++ways[static_cast<std::size_t>(account.way)];
    sent += account.sent;
    acknowledged += account.acknowledged;
  }
  std::string text = "seed " + std::to_string(seed_) + ":";
  for (std::size_t i = 0; i < kWays; ++i) {
    text += " " + std::to_string(ways[i]) + " " + kWayNames[i] + ",";
  }
  return text + " " + std::to_string(broken_) + " broke, " +
         std::to_string(sent) + " bytes sent, " + std::to_string(acknowledged) +
         " acknowledged";
}

}  // namespace rondo
