/**
 * A device of Berth in Node.js: MQTT.js, MQTT 5.0 over TLS (8883) or WebSocket over TLS (8084).
 *
 *     npm install
 *     node sample.mjs
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';

// ---- settings: change these ----
const HOST = 'your-deployment.example.com'; // the deployment's own address, never an IP address: it is sent as SNI too
const TRANSPORT = 'tls'; // 'tls', or 'wss' where only web ports are open
const TLS_PORT = 8883;
const WSS_PORT = 8084;
const USERNAME = 'your-user';
const PASSWORD = 'your-password';
const CA_FILE = 'ca.crt';
const CLIENT_ID = 'sample-node'; // one of its own for every device
// ---- end of settings ----

const STATUS = `devices/${CLIENT_ID}/status`;
const MESSAGES = `devices/${CLIENT_ID}/messages`;
const WAITING_MAX = 1000;

/** Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String. */
const onConnect = {
  0x81: -9,
  0x82: -9,
  0x84: -9,
  0x85: -9,
  0x86: -4,
  0x87: -5,
  0x88: -6,
  0x89: -15,
  0x8a: -8,
  0x95: -11,
  0x97: -7,
  0x9f: -7,
};
const onOpen = { 0x87: -4, 0x89: -15, 0x8b: -15, 0x8d: -13, 0x8e: -12, 0x93: -11, 0x95: -11, 0x98: -14 };
const onMessage = { 0x87: -10, 0x97: -11 };

/** A sentence for a reason code; Berth's Reason String begins with the number already. */
function refused(code, reasonString, numbers) {
  if (/^error -\d+/.test(reasonString ?? '')) return reasonString;
  return `error ${numbers[code] ?? -9}: refused with 0x${code.toString(16)}`;
}

/** A sentence for an error of the library. */
function explain(error) {
  // The library keeps the Reason String out of its error; the packet has it (see below).
  if (typeof error.code === 'number') return refused(error.code, connackReason, onConnect);
  const code = String(error.code);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `error -1: the address ${HOST} does not resolve: ${code}`;
  if (code === 'ECONNREFUSED') return `error -2: wrong port, or the service is down: ${code}`;
  if (/WRONG_VERSION_NUMBER|wrong version number|packet length too long/.test(`${code} ${error.message}`))
    return `error -2: this port does not speak TLS: ${code}`;
  if (/unexpected server response|Invalid subprotocol/i.test(error.message)) return `error -2: ${error.message}`;
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code))
    return `error -3: the certificate is not trusted (CA file, clock, address): ${code}`;
  if (code === 'ECONNRESET' || code === 'EPROTO' || code.startsWith('ERR_SSL'))
    return wasConnected ? `error -13: the connection was lost: ${code}` : `error -3: TLS was cut or failed: ${code}`;
  return `error -1: ${HOST} is not reached: ${error.message}`;
}

let ca;
try {
  ca = readFileSync(CA_FILE);
} catch (error) {
  console.error(`error -3: the CA file ${CA_FILE} cannot be used: ${error.message}`);
  process.exit(1);
}
const url = TRANSPORT === 'wss' ? `wss://${HOST}:${WSS_PORT}/mqtt` : `mqtts://${HOST}:${TLS_PORT}`;
const client = mqtt.connect(url, {
  protocolVersion: 5,
  ca,
  clientId: CLIENT_ID,
  username: USERNAME,
  password: PASSWORD,
  keepalive: 30,
  // The session waits for an hour, so that messages reach a device that was away.
  clean: false,
  properties: { sessionExpiryInterval: 3600 },
  will: { topic: STATUS, payload: Buffer.from('offline'), qos: 1, retain: true },
  reconnectPeriod: 0, // done below, with jitter
  reconnectOnConnackError: true,
});

let attempt = 0;
let since = Date.now();
let fault = '';
let connackReason = '';
let wasConnected = false;
let isStopping = false;
let count = 0;
let waiting = 0;

client.on('packetreceive', (packet) => {
  if (packet.cmd === 'connack') connackReason = packet.properties?.reasonString ?? '';
});
client.on('connect', () => {
  console.log('connected');
  wasConnected = true;
  client.subscribe(MESSAGES, { qos: 1 }, report);
  client.publish(STATUS, 'online', { qos: 1, retain: true }, report);
});
client.on('message', (_topic, payload) => console.log(`received: ${payload.toString()}`));
client.on('disconnect', (packet) => (fault = refused(packet.reasonCode, packet.properties?.reasonString, onOpen)));
client.on('error', (error) => (fault ||= explain(error)));
client.on('close', () => {
  if (isStopping) return;
  if (Date.now() - since > 60_000) attempt = 0; // only a connection that lasted starts the back-off anew
  const delayMs = Math.min(60_000, 1000 * 2 ** attempt) * (0.5 + Math.random() / 2);
  attempt = Math.min(attempt + 1, 6);
  fault ||= wasConnected
    ? 'error -13: the connection was lost'
    : 'error -2: closed without an answer: wrong port or path';
  console.log(`${fault}; next try in ${(delayMs / 1000).toFixed(1)} s`);
  fault = '';
  wasConnected = false;
  setTimeout(() => {
    since = Date.now();
    // With its stores: without them the library throws away what is not acknowledged.
    client.reconnect({ incomingStore: client.incomingStore, outgoingStore: client.outgoingStore });
  }, delayMs);
});

// What the device has to say, connected or not: the library keeps it until it is acknowledged.
setInterval(() => {
  count += 1;
  if (waiting >= WAITING_MAX) return console.log(`hello ${count} is dropped: ${WAITING_MAX} messages are waiting`);
  waiting += 1;
  client.publish(MESSAGES, `hello ${count}`, { qos: 1 }, (error, packet) => {
    waiting -= 1;
    report(error, packet);
  });
}, 2000);

/** What became of a message or a subscription. */
function report(error, packet) {
  if (!error || isStopping) return;
  const answer = error.packet ?? packet; // a SUBACK comes with the error
  const code = error.code ?? answer?.granted?.find((granted) => granted >= 0x80) ?? 0x80;
  console.log(refused(code, answer?.properties?.reasonString, onMessage));
}

/** Says goodbye itself: a DISCONNECT takes the will back. */
async function stop() {
  isStopping = true;
  if (client.connected) {
    await Promise.race([client.publishAsync(STATUS, 'offline', { qos: 1, retain: true }), sleep(5000)]);
    await client.endAsync();
  }
  console.log('stopped');
  process.exit(0);
}
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
