// Names on the board: those of the host, and BOARD_HOST, which is this machine.
#pragma once
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

inline bool boardResolve(const char *name, in_addr &address) {
  const char *own = getenv("BOARD_HOST");
  if (own != nullptr && strcmp(own, name) == 0) {
    address.s_addr = htonl(INADDR_LOOPBACK);
    return true;
  }
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(name, nullptr, &hints, &found) != 0) return false;
  address = ((sockaddr_in *)found->ai_addr)->sin_addr;
  freeaddrinfo(found);
  return true;
}
