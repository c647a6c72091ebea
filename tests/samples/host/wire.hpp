// What the boards' MQTT libraries do, for the host: MQTT 3.1.1 over TLS (OpenSSL), plain or in WebSocket frames.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>

#include "resolve.hpp"

struct WireOptions {
  std::string host, ca, clientId, username, password, willTopic, willMessage;
  // mbedTLS compares an IP address with those of the certificate, BearSSL with its names only.
  bool matchesIp = true;
  int port = 0, keepAliveS = 30, willQos = 0;
  bool webSocket = false, willRetain = false, cleanSession = true;
};

class Wire {
 public:
  enum Step { none, resolve, reach, tls, upgrade, connack, open };
  // Where connecting stopped, errno where it was a socket, OpenSSL's verdict where it was the certificate.
  Step failedAt = none;
  int socketError = 0, returnCode = 0;
  long verdict = 0;
  bool sessionPresent = false;
  std::function<void(const std::string &topic, const std::string &payload)> onMessage;
  std::function<void(int code)> onSuback;
  std::function<void(int id)> onPuback;

  ~Wire() { close(); }
  bool isOpen() const { return ssl_ != nullptr && failedAt == none; }

  bool connect(const WireOptions &o) {
    close();
    signal(SIGPIPE, SIG_IGN);
    failedAt = none;
    socketError = returnCode = 0;
    verdict = 0;
    webSocket_ = o.webSocket;
    in_.clear();
    frames_.clear();
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(o.port);
    if (!boardResolve(o.host.c_str(), peer.sin_addr)) return fail(resolve);
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    int reached = ::connect(fd_, (sockaddr *)&peer, sizeof peer);
    // lwIP tells a refused connection as a reset one.
    socketError = reached == 0 ? 0 : errno == ECONNREFUSED ? ECONNRESET : errno;
    if (reached != 0) return fail(reach);
    timeval limit{30, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (!secure(o)) return fail(tls);
    if (o.webSocket && !upgradeTo(o)) return fail(upgrade);
    std::string body = text("MQTT") + char(4) + char(flagsOf(o)) + number(o.keepAliveS) + text(o.clientId);
    if (!o.willTopic.empty()) body += text(o.willTopic) + text(o.willMessage);
    send(0x10, body + text(o.username) + text(o.password));
    keepAlive_ = std::chrono::seconds(o.keepAliveS / 2 + 1);
    std::string packet;
    if (!nextPacket(packet, 30000) || (uint8_t)packet[0] != 0x20) return fail(connack);
    sessionPresent = packet[2] & 1;
    returnCode = packet[3];
    return returnCode == 0 ? true : fail(connack);
  }

  int nextId() { return id_ = id_ % 65535 + 1; }

  int publish(const std::string &topic, const std::string &payload, int qos, bool retain) {
    int id = nextId();
    send(0x30 | qos << 1 | (retain ? 1 : 0), text(topic) + (qos == 0 ? "" : number(id)) + payload);
    return id;
  }

  // With a packet identifier of one's own, QoS 1.
  void publishAs(int id, const std::string &topic, const std::string &payload, bool retain, bool isAgain) {
    send(0x32 | (retain ? 1 : 0) | (isAgain ? 8 : 0), text(topic) + number(id) + payload);
  }

  int subscribe(const std::string &filter, int qos) {
    int id = nextId();
    send(0x82, number(id) + text(filter) + char(qos));
    return id;
  }

  // Handles what comes within this time. False: the connection is gone.
  bool poll(int milliseconds) {
    if (!isOpen()) return false;
    if (std::chrono::steady_clock::now() - sentAt_ > keepAlive_) send(0xc0, "");
    std::string packet;
    if (nextPacket(packet, milliseconds)) handle(packet);
    return isOpen();
  }

  void close() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    if (context_ != nullptr) SSL_CTX_free(context_);
    if (fd_ != -1) ::close(fd_);
    ssl_ = nullptr;
    context_ = nullptr;
    fd_ = -1;
  }

 private:
  SSL *ssl_ = nullptr;
  SSL_CTX *context_ = nullptr;
  int fd_ = -1, id_ = 0;
  bool webSocket_ = false;
  std::string in_, frames_;
  std::chrono::steady_clock::time_point sentAt_;
  std::chrono::steady_clock::duration keepAlive_{};

  static std::string number(int value) { return {char(value >> 8), char(value & 255)}; }
  static std::string text(const std::string &value) { return number((int)value.size()) + value; }

  bool fail(Step step) {
    close();
    failedAt = step;
    return false;
  }

  static int flagsOf(const WireOptions &o) {
    int will = o.willTopic.empty() ? 0 : 4 | o.willQos << 3 | (o.willRetain ? 32 : 0);
    return 128 | 64 | will | (o.cleanSession ? 2 : 0);
  }

  bool secure(const WireOptions &o) {
    context_ = SSL_CTX_new(TLS_client_method());
    BIO *pem = BIO_new_mem_buf(o.ca.data(), (int)o.ca.size());
    while (X509 *root = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr)) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), root);
      X509_free(root);
    }
    BIO_free(pem);
    ERR_clear_error();
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    ssl_ = SSL_new(context_);
    in_addr ip;
    // Both libraries send whatever they are given as the server name, an IP address too.
    SSL_set_tlsext_host_name(ssl_, o.host.c_str());
    bool isIp = inet_pton(AF_INET, o.host.c_str(), &ip) == 1;
    if (isIp && o.matchesIp) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), o.host.c_str());
    else X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl_), o.host.c_str(), 0);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) == 1) return true;
    verdict = SSL_get_verify_result(ssl_);
    return false;
  }

  bool upgradeTo(const WireOptions &o) {
    std::string ask = "GET /mqtt HTTP/1.1\r\nHost: " + o.host + ":" + std::to_string(o.port) +
                      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";
    SSL_write(ssl_, ask.data(), (int)ask.size());
    std::string answer;
    char one;
    while (answer.find("\r\n\r\n") == std::string::npos && SSL_read(ssl_, &one, 1) == 1) answer += one;
    return answer.rfind("HTTP/1.1 101", 0) == 0;
  }

  void send(int type, const std::string &body) {
    if (ssl_ == nullptr) return;
    std::string packet(1, char(type));
    size_t rest = body.size();
    do {
      packet += char(rest % 128 | (rest >= 128 ? 128 : 0));
      rest /= 128;
    } while (rest > 0);
    packet += body;
    if (webSocket_) {
      std::string head = {char(0x82)};
      if (packet.size() < 126) head += char(0x80 | packet.size());
      else head += char(0x80 | 126) + number((int)packet.size());
      packet = head + std::string(4, '\0') + packet;  // a mask of zeros
    }
    if (SSL_write(ssl_, packet.data(), (int)packet.size()) <= 0) lose();
    sentAt_ = std::chrono::steady_clock::now();
  }

  void lose() { fail(open); }

  bool readMore(int milliseconds) {
    if (ssl_ == nullptr) return false;
    pollfd waiting{fd_, POLLIN, 0};
    if (SSL_pending(ssl_) == 0 && ::poll(&waiting, 1, milliseconds) <= 0) return false;
    char bytes[4096];
    int count = SSL_read(ssl_, bytes, sizeof bytes);
    if (count <= 0) {
      lose();
      return false;
    }
    if (!webSocket_) {
      in_.append(bytes, count);
      return true;
    }
    frames_.append(bytes, count);
    while (frames_.size() >= 2) {
      size_t length = frames_[1] & 127, head = 2;
      if (length == 126) {
        if (frames_.size() < 4) break;
        length = (uint8_t)frames_[2] << 8 | (uint8_t)frames_[3];
        head = 4;
      }
      if (frames_.size() < head + length) break;
      if ((frames_[0] & 15) == 8) {
        lose();
        return false;
      }
      if ((frames_[0] & 15) <= 2) in_.append(frames_, head, length);
      frames_.erase(0, head + length);
    }
    return true;
  }

  bool nextPacket(std::string &packet, int milliseconds) {
    for (;;) {
      size_t length = 0, head = 1;
      bool isWhole = false;
      for (int shift = 0; head < in_.size() && head < 5; shift += 7) {
        uint8_t byte = in_[head++];
        length |= (size_t)(byte & 127) << shift;
        if ((byte & 128) == 0) {
          isWhole = in_.size() >= head + length;
          break;
        }
      }
      if (isWhole) {
        // The length is one byte in what the samples exchange; longer heads are cut down to that.
        packet = in_.substr(0, 1) + char(length) + in_.substr(head, length);
        in_.erase(0, head + length);
        return true;
      }
      if (!readMore(milliseconds)) return false;
    }
  }

  void handle(const std::string &packet) {
    int type = (uint8_t)packet[0] >> 4;
    if (type == 3) {
      size_t size = (uint8_t)packet[2] << 8 | (uint8_t)packet[3], at = 4 + size;
      std::string topic = packet.substr(4, size);
      int qos = packet[0] >> 1 & 3;
      if (qos > 0) {
        send(0x40, packet.substr(at, 2));
        at += 2;
      }
      if (onMessage) onMessage(topic, packet.substr(at));
    }
    if (type == 4 && onPuback) onPuback((uint8_t)packet[2] << 8 | (uint8_t)packet[3]);
    if (type == 9 && onSuback) onSuback((uint8_t)packet[4]);
  }
};
