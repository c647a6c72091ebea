/**
 * The floor of a TLS connect on this runtime: a listener that answers whatever comes first with CONNACK, and does nothing else. A peer for the
 * row of the connects:
 * `bun bench/compare.ts --only 'TLS connect' --peer 'floor=node_modules/.bin/bun bench/compare/bare-listener.ts $MQTT_PORT $MQTT_CERT $MQTT_KEY'`.
 */
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [port = '0', certificate = '', key = ''] = process.argv.slice(2);
/** CONNACK of 3.1.1, no session present, accepted (MQTT 3.1.1 section 3.2). */
const connack = Uint8Array.of(0x20, 2, 0, 0);
const cert = readFileSync(certificate, 'utf8');

Bun.listen({
  hostname: '127.0.0.1',
  port: Number(port),
  // With `ca`, and without session tickets, as in apps/server/edge/tls-options.ts.
  tls: {
    cert,
    key: readFileSync(key, 'utf8'),
    ca: cert,
    requestCert: false,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
  },
  socket: { data: (socket) => void socket.write(connack) },
});
