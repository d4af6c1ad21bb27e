// What a child process is started as.
#ifndef RONDO_RUNTIME_PROCESS_SPEC_H_
#define RONDO_RUNTIME_PROCESS_SPEC_H_

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rondo {

// What one of the child's descriptors 0, 1 and 2 is.
struct Stdio {
  enum class Kind { kInherit, kPipe, kDevNull, kDescriptor, kStdout };

  // The parent's.
  static constexpr Stdio Inherit() { return {Kind::kInherit, -1}; }
  // A new pipe, whose other end the parent has.
  static constexpr Stdio Pipe() { return {Kind::kPipe, -1}; }
  // Nothing to be read; what is written is lost.
  static constexpr Stdio DevNull() { return {Kind::kDevNull, -1}; }
  // A descriptor of the parent's, which keeps it. If it is non-blocking, it is
  // so for the child too.
  static constexpr Stdio Descriptor(int fd) { return {Kind::kDescriptor, fd}; }
  // Of standard error only: what standard output is.
  static constexpr Stdio Stdout() { return {Kind::kStdout, -1}; }

  bool operator==(const Stdio&) const = default;

  Kind kind = Kind::kInherit;
  int fd = -1;  // Of kDescriptor.
};

class ProcessSpec {
 public:
  // For CreateSubprocessShell, which knows the program.
  ProcessSpec() = default;
  // A program, which is looked for in this process's PATH unless it has a '/',
  // and its arguments: strings.
  template <class... Arguments>
    requires(std::convertible_to<Arguments, std::string_view> && ...)
  explicit ProcessSpec(std::string program, const Arguments&... more) {
    arguments.push_back(std::move(program));
    (arguments.emplace_back(std::string_view(more)), ...);
  }

  // Of the child; [0] is the program.
  std::vector<std::string> arguments;
  // All that the child has. No value: what this process has.
  std::optional<std::map<std::string, std::string>> environment;
  // Where the child runs, and from where a program with a '/' is looked for.
  // Empty: where this process does.
  std::string directory;
  Stdio std_in;
  Stdio std_out;
  Stdio std_err;
  // The child leads a session and a process group of its own: Ctrl-C does not
  // reach it, and kill(-pid) reaches all that it starts.
  bool new_session = false;
};

}  // namespace rondo

#endif  // RONDO_RUNTIME_PROCESS_SPEC_H_
