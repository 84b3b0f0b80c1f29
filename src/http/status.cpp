// http/status.cpp - see status.h.
#include "http/status.h"

namespace argosy::http {

int status_of(Fault fault) {
  switch (fault) {
    case Fault::invalid:
      return 400;
    case Fault::denied:
      return 403;
    case Fault::not_found:
      return 404;
    case Fault::conflict:
      return 409;
    case Fault::limit:
      return 429;
    case Fault::unavailable:
      return 503;
    case Fault::corrupt:
      return 500;
  }
  return 500;
}

Fault fault_of(int status) {
  switch (status) {
    case 403:
      return Fault::denied;
    case 404:
      return Fault::not_found;
    case 409:
      return Fault::conflict;
    case 429:
      return Fault::unavailable;
    default:
      return status < 500 ? Fault::invalid : Fault::unavailable;
  }
}

}  // namespace argosy::http
