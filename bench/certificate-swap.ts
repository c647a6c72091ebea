/**
 * Does a connect fail while the server certificate is swapped? `bun bench/certificate-swap.ts [seconds] [connects a
 * second] [swaps a second]` starts the service, connects at a steady rate over TLS and WebSocket with TLS (each
 * connect: TCP, TLS with the certificate checked, CONNECT, CONNACK, close), and renews the certificate meanwhile.
 * Prints one line of JSON; the exit code is 1 where a connect failed or an open connection was lost.
 */
import { readFileSync } from 'node:fs';
import { connectPacket, pingRequest } from '../testkit/packets.ts';
import { RawClient } from '../testkit/raw-client.ts';
import { Service } from '../testkit/service.ts';

const [seconds, connectsPerSecond, swapsPerSecond] = [30, 200, 1].map((standard, index) =>
  Math.min(Number(process.argv[index + 2] ?? standard), [600, 2_000, 20][index] ?? standard),
) as [number, number, number];
/** Connections that stay open all the time. */
const keptOpen = 20;
/** No more at once: a stall is to be seen as latency, and not to bring this machine down. */
const inFlightMax = 400;

await using service = await Service.start();
const { mqtts, wss, http, username } = service.ready;
const ca = readFileSync(service.ready.ca, 'utf8');
const token = readFileSync(`${service.dataDirectory}/admin-token`, 'utf8').trim();
const login = { username, password: service.password };

async function open(index: number, clientId: string): Promise<RawClient> {
  const [transport, port] = index % 4 === 3 ? (['wss', wss] as const) : (['tls', mqtts] as const);
  const client = await RawClient.connect({ transport, port, ca });
  client.send(connectPacket({ version: 4, clientId, ...login }));
  await client.expect('20 02 00 00');
  return client;
}

const kept = await Promise.all(Array.from({ length: keptOpen }, (_, index) => open(index, `kept-${index}`)));

const latenciesMs: number[] = [];
const failures = new Map<string, number>();
const serials = new Set<string>();
let inFlight = 0;
let skipped = 0;

async function connectOnce(index: number): Promise<void> {
  const begun = performance.now();
  inFlight += 1;
  try {
    await using client = await open(index, `c-${index}`);
    latenciesMs.push(performance.now() - begun);
    if ('getPeerCertificate' in client.socket) serials.add(client.socket.getPeerCertificate().serialNumber);
    client.end();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    failures.set(reason, (failures.get(reason) ?? 0) + 1);
  } finally {
    inFlight -= 1;
  }
}

let swaps = 0;
let swapFailures = 0;
async function swap(): Promise<void> {
  const url = `http://127.0.0.1:${http}/api/v1/certificates/renew`;
  const answer = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (answer.ok) swaps += 1;
  else swapFailures += 1;
}

const begun = performance.now();
const work: Promise<void>[] = [];
let started = 0;
let asked = 0;
for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - begun) / 1000) {
  for (; asked < elapsed * swapsPerSecond; asked += 1) work.push(swap());
  for (; started < elapsed * connectsPerSecond; started += 1) {
    if (inFlight < inFlightMax) work.push(connectOnce(started));
    else skipped += 1;
  }
  await Bun.sleep(2);
}
const elapsedSeconds = (performance.now() - begun) / 1000;
await Promise.all(work);

let lost = 0;
for (const client of kept) {
  try {
    client.send(pingRequest);
    await client.expect('d0 00');
  } catch {
    lost += 1;
  }
}
await Promise.all(kept.map((client) => client[Symbol.asyncDispose]()));

const sorted = latenciesMs.toSorted((a, b) => a - b);
const percentile = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1));
const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
console.log(
  JSON.stringify({
    seconds: Number(elapsedSeconds.toFixed(1)),
    connects: latenciesMs.length,
    connectsPerSecond: Math.round(latenciesMs.length / elapsedSeconds),
    failed,
    failures: Object.fromEntries(failures),
    skipped,
    swaps,
    swapFailures,
    certificatesSeen: serials.size,
    keptOpen,
    lost,
    latencyMs: { p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) },
  }),
);
process.exitCode = failed + lost + swapFailures + skipped === 0 ? 0 : 1;
