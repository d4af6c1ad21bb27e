#include "rondo/runtime/tls_random.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rondo/runtime/tls_error.h"

namespace rondo::internal {
namespace {

constinit thread_local Random* current = nullptr;

// ---- A generator as OpenSSL's providers have them. It keeps nothing, so one
// object stands for all.

constexpr char kName[] = "RONDO-RANDOM";
constexpr char kProvider[] = "rondo";
char the_generator;

void* NewContext(void*, void*, const OSSL_DISPATCH*) { return &the_generator; }
void FreeContext(void*) {}

int Instantiate(void*, unsigned, int, const unsigned char*, std::size_t,
                const OSSL_PARAM*) {
  return 1;
}
int Uninstantiate(void*) { return 1; }

int Generate(void*, unsigned char* out, std::size_t size, unsigned, int,
             const unsigned char*, std::size_t) {
  if (current == nullptr) return 0;
  while (size > 0) {
    std::uint64_t bits = current->Next();
    const std::size_t n = std::min(size, sizeof(bits));
    for (std::size_t i = 0; i < n; ++i, bits >>= 8) {
      *out++ = static_cast<unsigned char>(bits);
    }
    size -= n;
  }
  return 1;
}

int EnableLocking(void*) { return 1; }
int Lock(void*) { return 1; }
void Unlock(void*) {}

int GetParams(void*, OSSL_PARAM* params) {
  const auto find = [&](const char* key) {
    return OSSL_PARAM_locate(params, key);
  };
  OSSL_PARAM* const state = find(OSSL_RAND_PARAM_STATE);
  OSSL_PARAM* const strength = find(OSSL_RAND_PARAM_STRENGTH);
  OSSL_PARAM* const longest = find(OSSL_RAND_PARAM_MAX_REQUEST);
  return (state == nullptr ||
          OSSL_PARAM_set_int(state, EVP_RAND_STATE_READY)) &&
         (strength == nullptr || OSSL_PARAM_set_uint(strength, 256)) &&
         (longest == nullptr || OSSL_PARAM_set_size_t(longest, 1 << 16));
}

using Function = void (*)();

template <class F>
Function Erase(F* function) {
  return reinterpret_cast<Function>(function);
}

const OSSL_ALGORITHM* Query(void*, int operation, int* no_cache) {
  static const OSSL_DISPATCH generator[] = {
      {OSSL_FUNC_RAND_NEWCTX, Erase(&NewContext)},
      {OSSL_FUNC_RAND_FREECTX, Erase(&FreeContext)},
      {OSSL_FUNC_RAND_INSTANTIATE, Erase(&Instantiate)},
      {OSSL_FUNC_RAND_UNINSTANTIATE, Erase(&Uninstantiate)},
      {OSSL_FUNC_RAND_GENERATE, Erase(&Generate)},
      {OSSL_FUNC_RAND_ENABLE_LOCKING, Erase(&EnableLocking)},
      {OSSL_FUNC_RAND_LOCK, Erase(&Lock)},
      {OSSL_FUNC_RAND_UNLOCK, Erase(&Unlock)},
      {OSSL_FUNC_RAND_GET_CTX_PARAMS, Erase(&GetParams)},
      {0, nullptr}};
  static const OSSL_ALGORITHM algorithms[] = {
      {kName, "provider=rondo", generator, "what this thread has named"},
      {nullptr, nullptr, nullptr, nullptr}};
  *no_cache = 0;
  return operation == OSSL_OP_RAND ? algorithms : nullptr;
}

int InitProvider(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH*,
                 const OSSL_DISPATCH** out, void** context) {
  static const OSSL_DISPATCH functions[] = {
      {OSSL_FUNC_PROVIDER_QUERY_OPERATION, Erase(&Query)}, {0, nullptr}};
  *out = functions;
  *context = const_cast<OSSL_CORE_HANDLE*>(handle);
  return 1;
}

OSSL_LIB_CTX* NewLibrary() {
  OSSL_LIB_CTX* const library = OSSL_LIB_CTX_new();
  const bool ok =
      library != nullptr &&
      OSSL_PROVIDER_add_builtin(library, kProvider, &InitProvider) == 1 &&
      OSSL_PROVIDER_load(library, "default") != nullptr &&
      OSSL_PROVIDER_load(library, kProvider) != nullptr &&
      RAND_set_DRBG_type(library, kName, "provider=rondo", nullptr, nullptr) ==
          1;
  if (!ok) throw TakeTlsError("cannot set up OpenSSL for simulations");
  return library;
}

}  // namespace

OSSL_LIB_CTX* SimulatedOpenSsl() {
  // Never freed: what it has made may outlive any owner.
  static OSSL_LIB_CTX* const library = NewLibrary();
  return library;
}

TlsRandomScope::TlsRandomScope(Random* random) : previous_(current) {
  if (random != nullptr) current = random;
}

TlsRandomScope::~TlsRandomScope() { current = previous_; }

}  // namespace rondo::internal
