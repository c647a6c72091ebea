/**
 * How many 64-byte PUBLISH packets a second the codec cuts, decodes and encodes on this machine: `bun bench/codec.ts`.
 * Best of several rounds; one thread.
 */
import { decodePublish, emptyPublish, encodePublish, Framer } from '../packages/codec/mod.ts';
import type { ProtocolVersion, QoS } from '../packages/codec/mod.ts';

const payload = new Uint8Array(64).fill(0x78);
const topicsInUse = 200;
const packetsPerChunk = 500;
const rounds = 5;
const packetsPerRound = 500_000;

const topics = Array.from({ length: topicsInUse }, (_, i) => `site/7/device/${1000 + i}/state`);

/** Best of the rounds, in packets a second; `run` returns how many it did. */
function best(run: () => number): number {
  let highest = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    let packets = 0;
    while (packets < packetsPerRound) packets += run();
    highest = Math.max(highest, (packets / (performance.now() - started)) * 1000);
  }
  return highest;
}

/** One chunk as a socket would give it: many packets, the last one cut. */
function chunkOf(version: ProtocolVersion, qos: QoS): Uint8Array {
  const packets = Array.from({ length: packetsPerChunk }, (_, i) =>
    encodePublish(version, topics[i % topicsInUse] ?? '', payload, qos, false, false, qos === 0 ? 0 : i + 1, null),
  );
  return new Uint8Array(Buffer.concat(packets));
}

let checksum = 0;
for (const version of [4, 5] as const) {
  for (const qos of [0, 1] as const) {
    const chunk = chunkOf(version, qos);
    const cut = Math.floor(chunk.length / 2) - 7;
    const framer = new Framer(1024 * 1024);
    const packet = emptyPublish();
    const decoded = best(() => {
      let packets = 0;
      for (const part of [chunk.subarray(0, cut), chunk.subarray(cut)]) {
        framer.push(part);
        while (framer.next()) {
          decodePublish(version, framer.header, framer.buffer, framer.bodyStart, framer.end, packet);
          checksum += packet.payload.length + packet.topic.length;
          packets++;
        }
        framer.release();
      }
      return packets;
    });
    const encoded = best(() => {
      for (let i = 0; i < packetsPerChunk; i++) {
        const topic = topics[i % topicsInUse] ?? '';
        checksum += encodePublish(version, topic, payload, qos, false, false, qos === 0 ? 0 : i + 1, null).length;
      }
      return packetsPerChunk;
    });
    const [decodes, encodes] = [decoded, encoded].map((rate) => Math.round(rate).toLocaleString('en').padStart(11));
    console.log(`MQTT ${version === 5 ? '5.0  ' : '3.1.1'} QoS ${qos}: decode ${decodes}/s, encode ${encodes}/s`);
  }
}
if (checksum === 0) throw new Error('nothing was decoded');
