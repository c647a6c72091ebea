/**
 * Milliseconds from the end of the TLS handshake to CONNACK for clients that leave Nagle's algorithm on, as most small ones do;
 * printed as JSON. Runs on Node, whose sockets have it on. `node nagle-client.mjs PORT CA-FILE USER PASSWORD COUNT`
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';

const [port, ca, username, password, count] = process.argv.slice(2);

/** A field with its length in front. */
function field(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** CONNECT of 3.1.1, with user name and password. */
function connectPacket(clientId) {
  const body = Buffer.concat([
    field('MQTT'),
    Buffer.from([4, 0xc2, 0, 60]),
    field(clientId),
    field(username),
    field(password),
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

function measure(clientId) {
  return new Promise((resolve, reject) => {
    let startedAt = 0;
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca: readFileSync(ca) }, () => {
      startedAt = performance.now();
      socket.write(connectPacket(clientId));
    });
    socket.setNoDelay(false);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no CONNACK within 5 s')));
    socket.on('data', (bytes) => {
      const took = performance.now() - startedAt;
      if (bytes[0] !== 0x20 || bytes[3] !== 0) reject(new Error(`not accepted: ${bytes.toString('hex')}`));
      socket.end(Buffer.from([0xe0, 0]));
      resolve(took);
    });
    socket.on('error', reject);
  });
}

const times = [];
for (let index = 0; index < Number(count); index++) times.push(await measure(`nagle-${index}`));
console.log(JSON.stringify(times));
