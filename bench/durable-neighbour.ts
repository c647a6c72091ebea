/**
 * Can the writes of one deployment starve another's? `bun bench/durable-neighbour.ts [--rounds 5] [--seconds 2] [--only TEXT]
 * [--service-core 0] [--generator-core 1]` measures how long the durable QoS 1 messages of a quiet deployment wait for their PUBACK
 * (for a session that lasts and whose client is away, after fsync), alone and beside a deployment that floods the journal with such
 * messages (bench/neighbour/durable-noise.ts): with the limits that a new deployment has, and with its rates lifted, so that only the
 * shares of the journal's queue stand between the two. Cores, and alone and beside in turn, as in bench/neighbour.ts.
 * Result: bench/results/durable-neighbour.json, where all were run.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Service } from '../testkit/service.ts';
import { type Beside, measureBeside } from './neighbour/beside.ts';
import { DurableQuiet } from './neighbour/durable-quiet.ts';
import { goBeforeOthers, keepOnCore } from './neighbour/own-core.ts';
import { liftRates, makePlace } from './neighbour/place.ts';
import { writeResults } from './results-file.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string' },
    'service-core': { type: 'string', default: '0' },
    'generator-core': { type: 'string', default: '1' },
  },
});
const rounds = Math.min(50, Math.max(1, Number(options.rounds)));
const seconds = Math.min(60, Math.max(1, Number(options.seconds)));
const ratePerSecond = 200;
const floods = [
  { rates: 'default', payloadBytes: 64 },
  { rates: 'default', payloadBytes: 8_192 },
  { rates: 'none', payloadBytes: 64 },
  { rates: 'none', payloadBytes: 8_192 },
].filter(({ rates, payloadBytes }) => `${rates} ${payloadBytes}`.includes(options.only ?? ''));

await using service = await Service.start();
keepOnCore(service.pid, Number(options['service-core']));
keepOnCore(process.pid, Number(options['generator-core']));
if (!goBeforeOthers(process.pid)) {
  console.error('Other programs disturb the measurement: only root may go before them.');
}
await using quiet = await DurableQuiet.open(service, ratePerSecond);
await quiet.measure(1_000);

const rows: (Beside & { readonly rates: string; readonly payloadBytes: number; readonly floodPerSecond: number })[] =
  [];
for (const [index, { rates, payloadBytes }] of floods.entries()) {
  const place = await makePlace(service, `flood ${index}`);
  if (rates === 'none') await liftRates(service, place);
  const program = join(import.meta.dirname, 'neighbour/durable-noise.ts');
  const { address, username, password } = place;
  const command = [process.execPath, program, String(service.ready.mqtts), address, username, password];
  // Of the flood while it is on: what came before counts neither in messages nor in time.
  let [isBeside, messages, ms] = [true, 0, 0];
  const measured = await measureBeside(
    service,
    [...command, String(payloadBytes)],
    async () => {
      isBeside = !isBeside;
      const [before, at] = [await received(place.id), performance.now()];
      const latencies = await quiet.measure(seconds * 1000);
      if (isBeside) [messages, ms] = [messages + (await received(place.id)) - before, ms + performance.now() - at];
      return latencies;
    },
    rounds,
  );
  const row = { rates, payloadBytes, floodPerSecond: Math.round((messages / ms) * 1000), ...measured };
  rows.push(row);
  console.log(
    `rates ${rates}, ${payloadBytes} bytes, ${row.floodPerSecond.toLocaleString('en')} a second: PUBACK p50 ${row.besideP50Ms} ms, p99 ${row.besideP99Ms} ms; alone ${row.aloneP50Ms} and ${row.aloneP99Ms} ms; service CPU ${row.serviceCpu}`,
  );
}
if (options.only === undefined)
  await writeResults(join(import.meta.dirname, 'results/durable-neighbour.json'), {
    command: `bun bench/durable-neighbour.ts ${process.argv.slice(2).join(' ')}`.trim(),
    rounds,
    seconds,
    ratePerSecond,
    rows,
  });

/** QoS 1 messages that came from clients of a deployment until now. */
async function received(deployment: string): Promise<number> {
  return (await service.metrics()).get(`berth_publishes_received_total{deployment="${deployment}",qos="1"}`) ?? 0;
}
