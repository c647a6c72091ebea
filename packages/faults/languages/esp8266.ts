import type { LanguageTable } from './language.ts';

const host = 'const char *HOST = "your-deployment.example.com";';
const begin = 'client.begin(HOST, TLS_PORT, net);';
const anchors = 'net.setTrustAnchors(&roots);';
const options = 'client.setOptions(30, false, 10000);';

/** ESP8266 with BearSSL and arduino-mqtt; `rc` is what PubSubClient shows. */
export const esp8266: LanguageTable = {
  title: 'ESP8266, BearSSL and arduino-mqtt',
  topics: {
    address: { shows: 'WiFi.hostByName() is 0; lwmqtt -3; rc=-2', lines: [host] },
    reach: { shows: 'lwmqtt -3 (LWMQTT_NETWORK_FAILED_CONNECT); rc=-2' },
    port: { shows: 'lwmqtt -3 (LWMQTT_NETWORK_FAILED_CONNECT); rc=-2', lines: ['const int TLS_PORT = 8883;', begin] },
    'tls-on': {
      shows: 'rc=-4 (MQTT_CONNECTION_TIMEOUT); lwmqtt -9 (LWMQTT_MISSING_OR_WRONG_PACKET)',
      lines: ['BearSSL::WiFiClientSecure net;', anchors, begin],
    },
    'tls-off': {
      shows: 'rc=-2, getLastSSLError() 4 (BR_ERR_BAD_VERSION), 9 (BR_ERR_UNKNOWN_TYPE)',
      lines: ['const int TLS_PORT = 8883;', begin],
    },
    websocket: {
      shows: {
        en: 'rc=-4. The library speaks MQTT over TLS only.',
        zh: 'rc=-4。该库只支持 MQTT over TLS。',
      },
      lines: ['const int TLS_PORT = 8883;'],
    },
    'tls-version': { shows: 'rc=-2, getLastSSLError() 296 (256 and alert 40), 326 (alert 70)' },
    ca: {
      shows: 'rc=-2, getLastSSLError() 62 (BR_ERR_X509_NOT_TRUSTED)',
      lines: ['BearSSL::X509List roots(CA);', anchors],
    },
    'host-name': { shows: 'rc=-2, getLastSSLError() 56 (BR_ERR_X509_BAD_SERVER_NAME)', lines: [host] },
    clock: {
      shows: 'rc=-2, getLastSSLError() 54 (BR_ERR_X509_EXPIRED)',
      lines: ['configTime(0, 0, "pool.ntp.org", "time.google.com");', 'net.setX509Time(time(nullptr));'],
    },
    handshake: { shows: 'rc=-2, getLastSSLError() 0 or 31 (BR_ERR_IO); rc=-4', lines: [options] },
    credentials: {
      shows: 'lwmqtt -10, returnCode() 4; rc=4',
      lines: [
        'const char *USERNAME = "your-user";',
        'const char *PASSWORD = "your-password";',
        'if (!client.connect(CLIENT_ID, USERNAME, PASSWORD)) {',
      ],
    },
    sni: { shows: 'lwmqtt -10, returnCode() 5; rc=5', lines: [host, begin] },
    refused: {
      shows: 'lwmqtt -10, returnCode() 3; rc=3',
      lines: ['unsigned long wait = full / 2 + random(full / 2);', 'nextTryAt = millis() + wait;'],
    },
    'client-id': {
      shows: {
        en: 'the connection is lost every few seconds; returnCode() 2; rc=2',
        zh: '每隔几秒断开一次；returnCode() 2；rc=2',
      },
      lines: ['const char *CLIENT_ID = "sample-esp8266";'],
    },
    version: { shows: 'returnCode() 1; rc=1' },
    rights: {
      shows: {
        en: 'subscribe() is false; a publish that is denied looks successful in 3.1.1',
        zh: 'subscribe() 返回 false；3.1.1 中被拒绝的发布看起来是成功的',
      },
      lines: ['!client.subscribe(messages.c_str(), 1)'],
    },
    size: {
      shows: {
        en: 'publish() is false; lwmqtt -1 (LWMQTT_BUFFER_TOO_SHORT). PubSubClient has 256 bytes: setBufferSize().',
        zh: 'publish() 返回 false；lwmqtt -1（LWMQTT_BUFFER_TOO_SHORT）。PubSubClient 默认 256 字节：setBufferSize()。',
      },
      lines: ['MQTTClient client(512);'],
    },
    'keep-alive': { shows: 'lwmqtt -13 (LWMQTT_PONG_TIMEOUT); rc=-3', lines: [options, 'client.loop();'] },
  },
};
