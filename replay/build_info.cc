#include "rondo/replay/build_info.h"

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "rondo/replay/digest.h"
#include "rondo/runtime/identity.h"

namespace rondo {
namespace {

constexpr std::size_t Padded(std::size_t size) { return (size + 3) & ~3u; }

// The build id among the notes of one segment; empty if it is not there.
std::string BuildIdIn(const char* note, std::size_t size) {
  const char* const end = note + size;
  while (note + sizeof(ElfW(Nhdr)) <= end) {
    const auto* const header = reinterpret_cast<const ElfW(Nhdr)*>(note);
    const char* const name = note + sizeof(*header);
    const char* const value = name + Padded(header->n_namesz);
    if (header->n_type == NT_GNU_BUILD_ID &&
        std::string_view(name, 3) == "GNU") {
      std::string id;
      for (std::size_t i = 0; i < header->n_descsz; ++i) {
        constexpr char kDigits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(value[i]);
        id += kDigits[byte >> 4];
        id += kDigits[byte & 15];
      }
      return id;
    }
    note = value + Padded(header->n_descsz);
  }
  return "";
}

int FindBuildId(dl_phdr_info* info, std::size_t, void* result) {
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = info->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    std::string id = BuildIdIn(
        reinterpret_cast<const char*>(info->dlpi_addr + segment.p_vaddr),
        segment.p_memsz);
    if (id.empty()) continue;
    *static_cast<std::string*>(result) = std::move(id);
    break;
  }
  return 1;  // The executable comes first, and only it is asked about.
}

// A linker that writes no build id leaves the file itself to identify it.
std::string BuildId() {
  std::string id;
  dl_iterate_phdr(&FindBuildId, &id);
  if (!id.empty()) return id;
  std::ifstream file("/proc/self/exe", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  return "hash-" + std::to_string(HashBytes(bytes));
}

std::string CompilerName() {
#if defined(__clang__)
  return "clang " __clang_version__;
#else
  return "gcc " __VERSION__;
#endif
}

TraceBuild MakeBuild() {
  TraceBuild build;
  build.id = BuildId();
  build.cc = CompilerName();
  build.stdlib = "libstdc++ " + std::to_string(__GLIBCXX__);
#if defined(__x86_64__)
  build.arch = "x86_64";
#elif defined(__aarch64__)
  build.arch = "aarch64";
#else
  build.arch = "other";
#endif
  return build;
}

}  // namespace

const TraceBuild& CurrentBuild() {
  static const TraceBuild build = MakeBuild();
  return build;
}

std::uint64_t CurrentBuildDigest() {
  return HashName(CurrentBuild().id + CurrentBuild().cc);
}

}  // namespace rondo
