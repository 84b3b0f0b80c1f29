// crypto/openssl_pointer.h - what OpenSSL hands out, freed with its own function.
#pragma once
#include <memory>

namespace argosy::crypto {

template <auto Free>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
/// As in OpensslPointer<BIO, BIO_free>.
template <class T, auto Free>
using OpensslPointer = std::unique_ptr<T, OpensslDeleter<Free>>;

}  // namespace argosy::crypto
