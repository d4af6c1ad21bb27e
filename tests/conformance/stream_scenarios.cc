// Streams.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rondo/runtime/errors.h"
#include "rondo/runtime/event_loop.h"
#include "rondo/runtime/gather.h"
#include "rondo/runtime/server.h"
#include "rondo/runtime/sleep.h"
#include "rondo/runtime/stream_reader.h"
#include "rondo/runtime/streams.h"
#include "rondo/runtime/task.h"
#include "rondo/tests/conformance/awaits.h"
#include "rondo/tests/conformance/scenarios.h"

namespace rondo::conformance {
namespace {

using namespace std::chrono_literals;

std::string Stripped(const std::string& line) {
  return line.substr(0, line.find('\n'));
}

// ---- net_echo_streams

Coro<> EchoLines(Env& env, Stream stream) {
  for (;;) {
    std::string line = co_await stream.ReadLine();
    if (line.empty()) break;
    env.Log("server ", Stripped(line), " at ", env.t());
    std::ranges::transform(line, line.begin(), [](unsigned char c) {
      return static_cast<char>(std::toupper(c));
    });
    co_await stream.WriteAll(line);
  }
  env.Log("server eof at ", env.t());
  stream.Close();
  co_await stream.WaitClosed();
  env.Log("server closed at ", env.t());
}

Coro<> SendWords(Env& env, std::string name, std::vector<std::string> words) {
  Stream stream = co_await OpenConnection("10.0.0.1", 7000);
  for (const std::string& word : words) {
    const std::string text = word + "\n";
    co_await stream.WriteAll(text);
    const std::string line = co_await stream.ReadLine();
    env.Log(name, " got ", Stripped(line), " at ", env.t());
  }
  stream.Close();
  co_await stream.WaitClosed();
  env.Log(name, " done at ", env.t());
}

// Two clients of a line server.
Coro<> NetEchoStreams(Env& env) {
  env.net().Configure(62'500us);
  ConnectionHandler handler = [&env](Stream stream) {
    return EchoLines(env, std::move(stream));
  };
  Server server = co_await StartServer(std::move(handler), "10.0.0.1", 7000);
  std::vector<std::string> words = {"one", "two"};
  std::vector<Task<>> clients;
  clients.push_back(CreateTask(SendWords(env, "A", words), "A"));
  words = {"three"};
  clients.push_back(CreateTask(SendWords(env, "B", words), "B"));
  co_await Gather(clients);
  co_await Sleep(500ms);
  server.Close();
  co_await server.WaitClosed();
  env.Log("end at ", env.t());
}

// ---- net_half_close

Coro<> AnswerAtTheEnd(Env& env, Stream stream) {
  const std::string data = co_await stream.ReadAll();
  env.Log("server got ", data, " at ", env.t());
  stream.Write("echo:" + data);
  stream.WriteEof();
  co_await Sleep(500ms);
  stream.Close();
  env.Log("server closed at ", env.t());
}

Coro<> EndFirst(Env& env) {
  Stream stream = co_await OpenConnection("10.0.0.1", 80);
  stream.Write(std::string_view("part1,"));
  co_await Sleep(500ms);
  stream.Write(std::string_view("part2"));
  env.Log("can_write_eof ", stream.writer().can_write_eof());
  stream.WriteEof();
  const std::string data = co_await stream.ReadAll();
  env.Log("C got ", data, " at ", env.t(), " at_eof=", stream.AtEof());
  stream.Close();
  co_await stream.WaitClosed();
  env.Log("C closed at ", env.t());
}

Coro<> ConnectToNobody(Env& env) {
  try {
    co_await OpenConnection("10.0.0.1", 81);
  } catch (const std::system_error&) {
    env.Log("D ", CaughtText(), " at ", env.t());
  }
}

// The client ends its sending side, and the server answers afterwards.
Coro<> NetHalfClose(Env& env) {
  env.net().Configure(250ms);
  ConnectionHandler handler = [&env](Stream stream) {
    return AnswerAtTheEnd(env, std::move(stream));
  };
  Server server = co_await StartServer(std::move(handler), "10.0.0.1", 80);
  std::vector<Task<>> clients;
  clients.push_back(CreateTask(EndFirst(env), "C"));
  clients.push_back(CreateTask(ConnectToNobody(env), "D"));
  co_await Gather(clients);
  co_await Sleep(1s);
  server.Close();
  env.Log("end at ", env.t());
}

// ---- net_drain

Coro<> ReadSlowly(Env& env, Stream stream) {
  for (int i = 0; i < 3; ++i) {
    co_await Sleep(500ms);
    const std::string data = co_await stream.Read(4);
    env.Log("server read ", data, " at ", env.t());
  }
  stream.transport().Abort();
  env.Log("server aborts at ", env.t());
}

Coro<> WriteTenTimes(Env& env) {
  Stream stream = co_await OpenConnection("10.0.0.1", 9000);
  stream.transport().SetWriteBufferLimits({.high = 4});
  try {
    for (int i = 0; i < 10; ++i) {
      stream.Write(std::string(4, static_cast<char>('0' + i)));
      env.Log("wrote ", i, " at ", env.t());
      co_await stream.Drain();
    }
  } catch (const std::system_error&) {
    env.Log("C ", CaughtText(), " at ", env.t());
  }
  stream.Close();
  try {
    co_await stream.WaitClosed();
    env.Log("C wait_closed ok");
  } catch (const std::system_error&) {
    env.Log("C wait_closed ", CaughtText());
  }
}

// Drain with a slow reader, then with a lost connection.
Coro<> NetDrain(Env& env) {
  env.net().Configure(0s, 4);
  ConnectionHandler handler = [&env](Stream stream) {
    return ReadSlowly(env, std::move(stream));
  };
  Server server =
      co_await StartServer(std::move(handler), "10.0.0.1", 9000, {.limit = 1});
  co_await CreateTask(WriteTenTimes(env), "C");
  server.Close();
  co_await server.WaitClosed();
  env.Log("end at ", env.t());
}

// ---- stream_reader

Coro<> Attempt(Env& env, std::string label, Coro<std::string> coro) {
  try {
    std::string data = co_await std::move(coro);
    std::ranges::replace(data, '\n', '/');
    env.Log(label, " ", data);
  } catch (const std::exception&) {
    env.Log(label, " ", CaughtText());
  }
}

Task<> Start(Env& env, std::string part, Coro<std::string> coro) {
  return CreateTask(Attempt(env, part, std::move(coro)), "R" + part);
}

void Feed(StreamReader& reader, std::string_view data) {
  reader.FeedData(data);
}

Coro<> FromPieces(Env& env, StreamReader& reader) {
  const Task<> one = Start(env, "1", reader.ReadLine());
  co_await Yield();
  Feed(reader, "ab");
  co_await Yield();
  env.Log("R1 done=", one.done());
  Feed(reader, "c\nde");
  co_await one;
  const Task<> two = Start(env, "2", reader.ReadExactly(4));
  co_await Yield();
  Feed(reader, "fgh");
  co_await two;
  co_await Attempt(env, "3", reader.Read(10));
  const Task<> four = Start(env, "4", reader.ReadUntil("--"));
  co_await Yield();
  Feed(reader, "x-");
  co_await Yield();
  Feed(reader, "-y");
  co_await four;
}

Coro<> BeyondTheLimit(Env& env, StreamReader& reader) {
  Feed(reader, "0123456789\nok\n");
  co_await Attempt(env, "5", reader.ReadUntil('\n'));
  co_await Attempt(env, "5", reader.ReadLine());
  co_await Attempt(env, "5", reader.ReadLine());
  Feed(reader, std::string(20, 'z'));
  co_await Attempt(env, "6", reader.ReadUntil('\n'));
  co_await Attempt(env, "6", reader.ReadExactly(20));
}

Coro<> TwoReadersAndTheEnd(Env& env, StreamReader& reader) {
  const Task<> seven = Start(env, "7", reader.Read(1));
  co_await Yield();
  co_await Attempt(env, "7 main", reader.Read(1));
  Feed(reader, "q");
  co_await seven;
  Feed(reader, "part");
  reader.FeedEof();
  co_await Attempt(env, "8", reader.ReadExactly(10));
  co_await Attempt(env, "8", reader.ReadLine());
  env.Log("8 at_eof=", reader.AtEof());
}

// A reader that is fed by hand.
Coro<> StreamReaderByHand(Env& env) {
  StreamReader reader(8);
  co_await FromPieces(env, reader);
  co_await BeyondTheLimit(env, reader);
  co_await TwoReadersAndTheEnd(env, reader);

  StreamReader broken(8);
  const Task<> nine = Start(env, "9", broken.Read(1));
  co_await Yield();
  broken.SetException(std::make_exception_ptr(AppError("conn")));
  co_await nine;
  co_await Attempt(env, "9", broken.Read(1));

  StreamReader lines(8);
  Feed(lines, "l1\nl2\nl3");
  lines.FeedEof();
  while (!lines.AtEof()) co_await Attempt(env, "10", lines.ReadLine());
}

}  // namespace

Scenarios StreamScenarios() {
  return {{"net_drain", NetDrain},
          {"net_echo_streams", NetEchoStreams},
          {"net_half_close", NetHalfClose},
          {"stream_reader", StreamReaderByHand}};
}

}  // namespace rondo::conformance
