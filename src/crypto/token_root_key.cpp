// crypto/token_root_key.cpp - the driver of root keys in tokens: an AES key that encrypts and decrypts with
// CKM_AES_GCM behind a PKCS#11 module. Source: OASIS, "PKCS #11 Cryptographic Token Interface", 2.40.
//
// A session lasts for one call: the root key is needed a few times in a server's life, and no session grows
// stale. Wrapped bytes: a nonce of 12, then ciphertext and tag of 16.
#include <dlfcn.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <p11-kit/pkcs11.h>

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/private_file.h"
#include "crypto/root_key_drivers.h"

namespace argosy::crypto {
namespace {

/// For a PIN, with room for whatever a token takes.
constexpr std::size_t kMostPinBytes = 256;
constexpr CK_ULONG kMostSlots = 1'024;

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
/// PKCS#11 takes what it only reads as if it wrote it.
unsigned char* raw(ByteView bytes) { return raw(const_cast<std::byte*>(bytes.data())); }

/// Padded with blanks in the module's structures.
std::string_view label_of(CK_TOKEN_INFO const& info) {
  std::string_view label(reinterpret_cast<char const*>(info.label), sizeof info.label);
  auto const end = label.find_last_not_of(' ');
  return label.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

std::string describe(CK_RV status) {
  switch (status) {
    case CKR_MECHANISM_INVALID:
    case CKR_MECHANISM_PARAM_INVALID:
      return "it does not encrypt with AES-GCM (CKM_AES_GCM) under this key, which is needed";
    case CKR_KEY_FUNCTION_NOT_PERMITTED:
      return "the key may not be used to encrypt and decrypt (CKA_ENCRYPT, CKA_DECRYPT)";
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
      return "the token is not there any more";
    default:
      return fmt::format("PKCS#11 error {:#010x}", status);
  }
}

/// The module's functions. It stays loaded: other keys of this process may lie behind it.
Result<CK_FUNCTION_LIST*> load_module(std::string const& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return root_key_fault(Fault::not_found, "the PKCS#11 module: " + std::string(::dlerror()));
  auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  if (get == nullptr || get(&functions) != CKR_OK || functions == nullptr)
    return root_key_fault(Fault::invalid, path + " is no PKCS#11 module");
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  auto const status = functions->C_Initialize(&arguments);
  if (status != CKR_OK && status != CKR_CRYPTOKI_ALREADY_INITIALIZED)
    return root_key_fault(Fault::unavailable, path + " cannot be initialized: " + describe(status));
  return functions;
}

/// Closed, and with it logged out, when it goes.
struct Session {
  CK_FUNCTION_LIST* functions;
  CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;

  explicit Session(CK_FUNCTION_LIST* of_module) : functions(of_module) {}
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;
  ~Session() {
    if (handle != CK_INVALID_HANDLE) functions->C_CloseSession(handle);
  }
};

class TokenRootKey final : public RootKey {
 public:
  TokenRootKey(CK_FUNCTION_LIST* functions, TokenKey place, Entropy& entropy)
      : functions_(functions),
        place_(std::move(place)),
        name_("token '" + place_.token + "', key '" + place_.key + "'"),
        entropy_(entropy) {}

  std::string const& name() const override { return name_; }

  Result<Bytes> wrap(ByteView associated, ByteView plain) override {
    Bytes out(kNonceBytes);
    entropy_.fill(out);
    auto sealed =
        TRY(run(out, associated, [&](Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key) {
          auto const status = functions_->C_EncryptInit(session.handle, &mechanism, key);
          return status != CKR_OK ? status
                                  : read_all(functions_->C_Encrypt, session, plain, plain.size() + kTagBytes);
        }));
    out.insert(out.end(), sealed.begin(), sealed.end());
    return out;
  }

  Result<Bytes> unwrap(ByteView associated, ByteView wrapped) override {
    if (wrapped.size() < kNonceBytes + kTagBytes) return root_key_fault(Fault::denied, refusal());
    auto nonce = to_bytes(wrapped.first(kNonceBytes));
    auto const sealed = wrapped.subspan(kNonceBytes);
    return run(nonce, associated, [&](Session& session, CK_MECHANISM& mechanism, CK_OBJECT_HANDLE key) {
      auto const status = functions_->C_DecryptInit(session.handle, &mechanism, key);
      return status != CKR_OK ? status : read_all(functions_->C_Decrypt, session, sealed, sealed.size());
    });
  }

  /// Fails as every use would.
  Result<void> check() {
    Session session(functions_);
    TRY(open(session));
    TRY(find_key(session));
    return {};
  }

 private:
  std::string refusal() const { return "the root key in the " + name_ + " does not open this"; }
  std::unexpected<Error> failure(Fault fault, std::string const& what) const {
    return root_key_fault(fault, name_ + ": " + what);
  }

  template <class Function>
  CK_RV read_all(Function function, Session& session, ByteView in, std::size_t most) {
    out_.resize(most);
    CK_ULONG length = most;
    auto const status = function(session.handle, raw(in), in.size(), raw(out_.data()), &length);
    out_.resize(status == CKR_OK ? length : 0);
    return status;
  }

  template <class Use>
  Result<Bytes> run(Bytes& nonce, ByteView associated, Use use) {
    Session session(functions_);
    TRY(open(session));
    auto key = TRY(find_key(session));
    CK_GCM_PARAMS parameters{};
    parameters.pIv = raw(nonce.data());
    parameters.ulIvLen = nonce.size();
    parameters.ulIvBits = nonce.size() * 8;
    parameters.pAAD = raw(associated);
    parameters.ulAADLen = associated.size();
    parameters.ulTagBits = kTagBytes * 8;
    CK_MECHANISM mechanism{CKM_AES_GCM, &parameters, sizeof parameters};
    auto const status = use(session, mechanism, key);
    switch (status) {
      case CKR_OK:
        return std::exchange(out_, {});
      case CKR_ENCRYPTED_DATA_INVALID:
      case CKR_ENCRYPTED_DATA_LEN_RANGE:
      case CKR_GENERAL_ERROR:  // what some modules say of a tag that does not match
        return root_key_fault(Fault::denied, refusal() + " (" + describe(status) + ")");
      case CKR_MECHANISM_INVALID:
      case CKR_MECHANISM_PARAM_INVALID:
      case CKR_KEY_FUNCTION_NOT_PERMITTED:
        return failure(Fault::invalid, describe(status));
      default:
        return failure(Fault::unavailable, describe(status));
    }
  }

  Result<CK_SLOT_ID> find_slot() const {
    std::vector<CK_SLOT_ID> slots(kMostSlots);
    CK_ULONG count = slots.size();
    auto const status = functions_->C_GetSlotList(CK_TRUE, slots.data(), &count);
    if (status != CKR_OK) return failure(Fault::unavailable, describe(status));
    std::string there;
    std::vector<CK_SLOT_ID> found;
    for (CK_ULONG at = 0; at < count; ++at) {
      CK_TOKEN_INFO info{};
      if (functions_->C_GetTokenInfo(slots[at], &info) != CKR_OK) continue;
      if (label_of(info) == place_.token) found.push_back(slots[at]);
      (there += there.empty() ? "'" : ", '") += std::string(label_of(info)) + "'";
    }
    if (found.empty())
      return failure(Fault::not_found,
                     "there is no such token; the module has " + (there.empty() ? "none" : there));
    if (found.size() > 1) return failure(Fault::invalid, "the module has more than one token of that label");
    return found.front();
  }

  Result<void> open(Session& session) const {
    auto slot = TRY(find_slot());
    auto const status =
        functions_->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session.handle);
    if (status != CKR_OK) return failure(Fault::unavailable, describe(status));
    return log_in(session, slot);
  }

  /// Once: a token counts wrong PINs and locks itself.
  Result<void> log_in(Session& session, CK_SLOT_ID slot) const {
    CK_TOKEN_INFO info{};
    if (functions_->C_GetTokenInfo(slot, &info) == CKR_OK && (info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
      return failure(Fault::denied, "one more wrong PIN would lock the token: nothing is tried. Correct " +
                                        place_.pin_file + " and log in once with the token's own tool");
    auto pin = read_private_file(place_.pin_file);
    if (!pin) return root_key_fault(pin.error().fault, "the PIN: " + pin.error().message);
    auto const text = std::string_view(*pin).substr(0, pin->find_last_not_of("\r\n") + 1);
    if (text.empty() || text.size() > kMostPinBytes)
      return root_key_fault(Fault::invalid, place_.pin_file + ": the PIN is one line of 1 to 256 bytes");
    auto const status = functions_->C_Login(session.handle, CKU_USER, raw(as_bytes(text)), text.size());
    OPENSSL_cleanse(pin->data(), pin->size());
    switch (status) {
      case CKR_OK:
      case CKR_USER_ALREADY_LOGGED_IN:
        return {};
      case CKR_PIN_INCORRECT:
      case CKR_PIN_LEN_RANGE:
      case CKR_PIN_INVALID:
        return failure(Fault::denied,
                       "the PIN in " + place_.pin_file +
                           " is not the token's; it was tried once: a few more lock the token");
      case CKR_PIN_LOCKED:
        return failure(Fault::denied, "the token is locked: its security officer has to set a new PIN");
      default:
        return failure(Fault::unavailable, "cannot log in: " + describe(status));
    }
  }

  Result<CK_OBJECT_HANDLE> find_key(Session& session) const {
    CK_OBJECT_CLASS kind = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    std::array<CK_ATTRIBUTE, 3> wanted{CK_ATTRIBUTE{CKA_CLASS, &kind, sizeof kind},
                                       CK_ATTRIBUTE{CKA_KEY_TYPE, &type, sizeof type},
                                       CK_ATTRIBUTE{CKA_LABEL, raw(as_bytes(place_.key)), place_.key.size()}};
    std::array<CK_OBJECT_HANDLE, 2> found{};
    CK_ULONG count = 0;
    auto status = functions_->C_FindObjectsInit(session.handle, wanted.data(), wanted.size());
    if (status == CKR_OK)
      status = functions_->C_FindObjects(session.handle, found.data(), found.size(), &count);
    functions_->C_FindObjectsFinal(session.handle);
    if (status != CKR_OK) return failure(Fault::unavailable, describe(status));
    if (count == 0) return failure(Fault::not_found, "the token has no AES key of that label: make one");
    if (count > 1) return failure(Fault::invalid, "the token has more than one AES key of that label");
    return found.front();
  }

  CK_FUNCTION_LIST* functions_;
  TokenKey const place_;
  std::string const name_;
  Entropy& entropy_;
  Bytes out_;  ///< of the call under way
};

}  // namespace

Result<std::unique_ptr<RootKey>> open_token_root_key(TokenKey const& place, Entropy& entropy) {
  auto* functions = TRY(load_module(place.module));
  auto key = std::make_unique<TokenRootKey>(functions, place, entropy);
  TRY(key->check());
  return key;
}

}  // namespace argosy::crypto
