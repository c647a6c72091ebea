/** Runs the scenarios of tests/clients/README.md with MQTT.js, on Node. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';

const deadlineMs = 10_000;
const settings = JSON.parse(process.argv[2] ?? '{}');
const v5 = settings.version === '5.0';
const ca = readFileSync(settings.ca);
const url =
  settings.transport === 'wss'
    ? `wss://${settings.host}:${settings.port}/mqtt`
    : `mqtts://${settings.host}:${settings.port}`;

/** Options of a client that connects once. */
function optionsOf(name, more = {}) {
  return {
    protocolVersion: v5 ? 5 : 4,
    clientId: settings.prefix + name,
    username: settings.username,
    password: settings.password,
    ca,
    reconnectPeriod: 0,
    connectTimeout: deadlineMs,
    ...more,
  };
}

const persistent = { clean: false, ...(v5 ? { properties: { sessionExpiryInterval: 300 } } : {}) };

/** A connected client; its messages wait in a queue until they are received. */
async function open(name, more = {}) {
  const client = mqtt.connect(url, optionsOf(name, more));
  const messages = [];
  const waiting = [];
  client.on('message', (topic, payload, packet) => {
    const message = { topic, payload: payload.toString(), packet };
    const wanted = waiting.shift();
    if (wanted === undefined) messages.push(message);
    else wanted(message);
  });
  const [connack] = await once(client, 'connect', { signal: AbortSignal.timeout(deadlineMs) });
  return {
    client,
    connack,
    receive: () =>
      messages.length > 0
        ? Promise.resolve(messages.shift())
        : within('a message', new Promise((resolve) => waiting.push(resolve))),
    subscribe: async (topic, qos) => {
      const [granted] = await within('SUBACK', client.subscribeAsync(topic, { qos }));
      equal(granted.qos, qos, 'granted QoS');
    },
    publish: (topic, payload, more = {}) => within('PUBLISH', client.publishAsync(topic, payload, { qos: 1, ...more })),
    down: () => within('the end', client.endAsync()),
  };
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), deadlineMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function equal(actual, expected, what) {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}, got ${actual}`);
}

async function roundTrip(qos) {
  const device = await open(`qos${qos}`);
  const topic = `${settings.prefix}qos${qos}`;
  await device.subscribe(topic, qos);
  await device.publish(topic, `hello ${qos}`, { qos });
  const message = await device.receive();
  equal(message.payload, `hello ${qos}`, 'payload');
  equal(message.packet.qos, qos, 'QoS');
  await device.down();
}

const scenarios = {
  qos0: () => roundTrip(0),
  qos1: () => roundTrip(1),
  qos2: () => roundTrip(2),
  async will() {
    const topic = `${settings.prefix}will`;
    const witness = await open('witness');
    await witness.subscribe(topic, 1);
    const mortal = await open('mortal', { will: { topic, payload: 'gone', qos: 1, retain: false } });
    mortal.client.stream.destroy();
    equal((await witness.receive()).payload, 'gone', 'will');
    await witness.down();
  },
  async retained() {
    const topic = `${settings.prefix}retained`;
    const writer = await open('writer');
    await writer.publish(topic, 'kept', { retain: true });
    const reader = await open('reader');
    await reader.subscribe(topic, 1);
    const kept = await reader.receive();
    equal(kept.payload, 'kept', 'retained');
    equal(kept.packet.retain, true, 'RETAIN flag');
    await reader.down();
    await writer.publish(topic, '', { retain: true });
    const late = await open('late');
    await late.subscribe(topic, 1);
    await writer.publish(topic, 'end');
    equal((await late.receive()).payload, 'end', 'after clearing');
    await late.down();
    await writer.down();
  },
  async session() {
    const topic = `${settings.prefix}session`;
    const sleeper = await open('sleeper', persistent);
    equal(sleeper.connack.sessionPresent, false, 'session present');
    await sleeper.subscribe(topic, 1);
    await sleeper.down();
    const waker = await open('waker');
    await waker.publish(topic, 'while you were away');
    await waker.down();
    const again = await open('sleeper', persistent);
    equal(again.connack.sessionPresent, true, 'session present');
    equal((await again.receive()).payload, 'while you were away', 'offline message');
    await again.down();
    await (await open('sleeper')).down();
  },
  async refused() {
    const client = mqtt.connect(url, optionsOf('stranger', { password: 'not the password' }));
    const [error] = await within(
      'the refusal',
      once(client, 'error').catch((thrown) => [thrown]),
    );
    equal(error.code, v5 ? 0x86 : 4, 'code');
    client.end(true);
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  try {
    await scenario();
    console.log(`ok ${name}`);
  } catch (error) {
    console.error(error);
    console.log(`not ok ${name}: ${error.message}`);
  }
}
process.exit(0);
