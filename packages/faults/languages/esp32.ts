import type { LanguageTable } from './language.ts';

const host = 'config.broker.address.hostname = HOST;';
const ports = ['const int TLS_PORT = 8883;', 'const int WSS_PORT = 8084;'];
const transport = 'config.broker.address.transport = isWebSocket ? MQTT_TRANSPORT_OVER_WSS : MQTT_TRANSPORT_OVER_SSL;';
const timeout = 'config.network.timeout_ms = 30000;';

/** ESP32 with the MQTT client of ESP-IDF, which the Arduino core has too. */
export const esp32: LanguageTable = {
  title: 'ESP32, esp-mqtt (Arduino core 3 and ESP-IDF 5)',
  topics: {
    address: {
      shows: "esp-tls: couldn't get hostname for :...: getaddrinfo() returns 202; ESP_ERR 0x8001",
      lines: [host],
    },
    reach: { shows: 'esp-tls: select() timeout; ESP_ERR 0x8006; ESP_ERR 0x8004', lines: [timeout] },
    port: { shows: 'esp-tls: delayed connect error: Connection reset by peer; ESP_ERR 0x8004', lines: ports },
    'tls-on': {
      shows: 'mqtt_client: Error transport connect; PubSubClient: rc=-4',
      lines: [transport, 'config.broker.verification.certificate = CA;'],
    },
    'tls-off': {
      shows: 'mbedtls_ssl_handshake returned -0x7200 (SSL - An invalid SSL record was received)',
      lines: ports,
    },
    websocket: {
      shows: 'transport_ws: Sec-WebSocket-Accept not found; Error transport connect',
      lines: [transport, 'config.broker.address.path = isWebSocket ? "/mqtt" : nullptr;'],
    },
    'tls-version': {
      shows: 'mbedtls_ssl_handshake returned -0x7780 (SSL - A fatal alert message was received from our peer)',
    },
    ca: {
      shows:
        'mbedtls_ssl_handshake returned -0x2700 (X509 - Certificate verification failed), flags 0x8 (not signed by a trusted CA); WiFiClientSecure: rc=-2',
      lines: ['config.broker.verification.certificate = CA;'],
    },
    'host-name': {
      shows: 'mbedtls_ssl_handshake returned -0x2700, flags 0x4 (the Common Name does not match the expected CN)',
      lines: [host],
    },
    clock: {
      shows: 'mbedtls_ssl_handshake returned -0x2700, flags 0x200 (validity starts in the future), 0x1 (expired)',
      lines: ['configTime(0, 0, "pool.ntp.org", "time.google.com");', 'if (hasWifi && time(nullptr) >= BUILT) {'],
    },
    handshake: {
      shows: 'mbedtls_ssl_setup returned -0x7F00 (SSL - Memory allocation failed); -0x0050 (connection was reset)',
      lines: [timeout],
    },
    credentials: {
      shows: 'Connection refused, bad username or password; connect_return_code 4',
      lines: [
        'const char *USERNAME = "your-user";',
        'const char *PASSWORD = "your-password";',
        'config.credentials.username = USERNAME;',
        'config.credentials.authentication.password = PASSWORD;',
      ],
    },
    sni: { shows: 'Connection refused, not authorized; connect_return_code 5', lines: [host] },
    refused: {
      shows: 'Connection refused, server unavailable; connect_return_code 3',
      lines: ['unsigned long wait = full / 2 + esp_random() % (full / 2);', 'nextTryAt = millis() + wait;'],
    },
    'client-id': {
      shows: {
        en: 'MQTT_EVENT_DISCONNECTED every few seconds; connect_return_code 2',
        zh: '每隔几秒出现一次 MQTT_EVENT_DISCONNECTED；connect_return_code 2',
      },
      lines: ['const char *CLIENT_ID = "sample-esp32-arduino";', 'config.credentials.client_id = CLIENT_ID;'],
    },
    version: { shows: 'Connection refused, bad protocol; connect_return_code 1' },
    rights: {
      shows: {
        en: 'MQTT_EVENT_SUBSCRIBED with MQTT_ERROR_TYPE_SUBSCRIBE_FAILED; a publish that is denied looks successful in 3.1.1',
        zh: 'MQTT_EVENT_SUBSCRIBED 事件中出现 MQTT_ERROR_TYPE_SUBSCRIBE_FAILED；3.1.1 中被拒绝的发布看起来是成功的',
      },
      lines: ['esp_mqtt_client_subscribe(client, messages.c_str(), 1);'],
    },
    size: {
      shows: {
        en: 'MQTT_EVENT_DISCONNECTED right after a large publish; the buffer is config.buffer.size (1,024 bytes by default)',
        zh: '发布大消息后立即 MQTT_EVENT_DISCONNECTED；缓冲区为 config.buffer.size（默认 1,024 字节）',
      },
    },
    'keep-alive': {
      shows: 'mqtt_client: No PING_RESP, disconnected; esp_mqtt_client: Poll read error',
      lines: ['config.session.keepalive = 30;'],
    },
  },
};
