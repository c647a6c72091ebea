import type { LayerHost } from '../../apps/server/edge/layer.ts';
import { defaultEdgeLimits } from '../../apps/server/edge/options.ts';
import { WebSocketLayer } from '../../apps/server/edge/websocket/web-socket-layer.ts';
import type { Random } from '../random.ts';
import { chance, join, latin1, pick } from './chance.ts';
import { httpHead } from './http-heads.ts';
import type { Input, Step } from './input.ts';
import { must, type Target } from './target.ts';

const limits = { ...defaultEdgeLimits, upgradeBytesMax: 600, webSocketMessageBytesMax: 1000 };
const endOfHead = '\r\n\r\n';
const usualHead =
  'GET /mqtt HTTP/1.1\r\nHost: d1.berth.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n';

/**
 * A whole connection of the WebSocket layer, from the upgrade on; the verb `f` is bytes, `e` the core ending the
 * connection. What reaches the core and the peer does not depend on where the stream was cut, the layer ends at most
 * once, and a peer that does not read makes it keep no more than one answer.
 */
export const websocketTarget: Target = {
  name: 'websocket',

  generate(random: Random): Step[] {
    const head = chance(random, 80) ? padded(usualHead, random) : `${httpHead(random)}\r\n\r\n`;
    const steps: Step[] = [{ verb: 'f', bytes: latin1(head) }];
    const count = random.between(0, 9);
    for (let index = 0; index < count; index++) steps.push({ verb: 'f', bytes: frame(random) });
    if (chance(random, 15))
      steps.splice(random.between(0, steps.length + 1), 0, { verb: 'e', bytes: new Uint8Array() });
    return steps;
  },

  run(input: Input): Iterable<string> {
    const given = play(input, true);
    must(
      play(inPieces(input), true).outcome === given.outcome,
      'the outcome depends on whether bytes come in small pieces',
    );
    must(play(merged(input), true).outcome === given.outcome, 'the outcome depends on where the stream was cut');
    const unread = play(input, false);
    must(unread.delivered === given.delivered, 'what is delivered depends on whether the peer reads');
    must(unread.rawBytes <= given.rawBytes, 'a peer that does not read is sent more');
    return given.signs;
  },
};

/** Now and then just as long as a request may be, or a little longer or shorter. */
function padded(head: string, random: Random): string {
  if (!chance(random, 5)) return head;
  const length = limits.upgradeBytesMax + random.between(-4, 5);
  return head.replace(endOfHead, `\r\nX: ${'x'.repeat(length - head.length - 1)}${endOfHead}`);
}

function frame(random: Random): Uint8Array {
  const opcode = chance(random, 92) ? pick(random, [2, 2, 2, 0, 0, 8, 9, 9, 10, 1]) : random.between(0, 16);
  const final = chance(random, 75) ? 0x80 : 0;
  const reserved = chance(random, 2) ? 0x10 << random.between(0, 3) : 0;
  const masked = chance(random, 98) ? 0x80 : 0;
  const length = pick(
    random,
    opcode >= 8 ? [0, 1, 2, 5, 124, 125, 126] : [0, 1, 2, 3, 7, 125, 126, 127, 400, 990, 1001],
  );
  const payload = random.bytes(length);
  if (opcode === 8 && length >= 2) {
    const code = pick(random, [1000, 1001, 1002, 1004, 1005, 1007, 1015, 2999, 3000, 4999, 5000, 0]);
    payload[0] = code >> 8;
    payload[1] = code & 0xff;
    if (chance(random, 60)) payload.fill(0x61, 2);
  }
  const long = chance(random, 3);
  const size =
    length < 126 && !long
      ? [masked | length]
      : chance(random, 90)
        ? [masked | 126, length >> 8, length & 0xff]
        : [masked | 127, chance(random, 20) ? 0x80 : 0, 0, 0, 0, 0, 0, length >> 8, length & 0xff];
  const mask = masked === 0 ? new Uint8Array() : random.bytes(4);
  const first = (opcode >= 8 && chance(random, 95) ? 0x80 : final) | reserved | opcode;
  return join([first], size, mask, masked === 0 ? payload : payload.map((byte, at) => byte ^ (mask[at & 3] ?? 0)));
}

/** In small pieces, byte by byte around the end of the upgrade request and in the frames behind it. */
function inPieces(input: Input): Step[] {
  return input.flatMap(({ verb, bytes }, index) => {
    if (verb !== 'f') return [{ verb, bytes }];
    const pieces: Step[] = [];
    const singlyFrom = index === 0 ? bytes.length - 12 : 0;
    for (let at = 0; at < bytes.length;) {
      const size = at < singlyFrom ? Math.min(97, singlyFrom - at) : at < singlyFrom + 40 ? 1 : 61;
      pieces.push({ verb, bytes: bytes.subarray(at, at + size) });
      at += size;
    }
    return pieces;
  });
}

/** Bytes that follow each other in one piece. */
function merged(input: Input): Step[] {
  const steps: Step[] = [];
  for (const step of input) {
    const last = steps.at(-1);
    if (last?.verb === 'f' && step.verb === 'f')
      steps[steps.length - 1] = { verb: 'f', bytes: join(last.bytes, step.bytes) };
    else steps.push(step);
  }
  return steps;
}

interface Played {
  readonly outcome: string;
  readonly delivered: string;
  readonly rawBytes: number;
  readonly signs: Iterable<string>;
}

/** The connection around the layer, with the rules of apps/server/edge/connection.ts: what ends is not read on. */
function play(input: Input, writable: boolean): Played {
  const calls: string[] = [];
  const delivered: Uint8Array[] = [];
  const raw: Uint8Array[] = [];
  let ended = false;
  let isOpen = false;
  const end = (call: string): void => {
    must(!ended, 'a connection was ended twice');
    ended = true;
    calls.push(call);
  };
  const host: LayerHost = {
    writable,
    open: (name) => {
      must(!isOpen && !ended, 'opened twice, or after its end');
      isOpen = true;
      calls.push(`open ${name}`);
    },
    deliver: (bytes) => {
      must(isOpen && !ended, 'delivered to a connection that is not open');
      delivered.push(bytes.slice());
    },
    sendRaw: (bytes) => raw.push(bytes.slice()),
    startFraming: () => calls.push('frames'),
    refuse: (fault, detail, response) => {
      must(!isOpen, 'refused after it was open');
      end(`refuse ${fault} ${detail} ${response?.length}`);
    },
    fail: (fault, detail) => end(`fail ${fault} ${detail}`),
    peerFinished: () => end('finished'),
  };
  const layer = new WebSocketLayer(host, limits, () => new Date(0));
  for (const { verb, bytes } of input) {
    if (ended) break;
    if (verb === 'f') layer.receive(bytes.slice());
    else if (isOpen) calls.push(`end ${layer.finish()}`);
  }
  if (!writable && !ended) {
    const before = raw.length;
    layer.drained();
    layer.drained();
    must(raw.length - before <= 1, 'more than one answer was kept for a peer that does not read');
  }
  const all = join(...delivered);
  const sent = join(...raw);
  return {
    outcome: `${calls.join('; ')} ${all.toHex()} ${sent.toHex()}`,
    delivered: all.toHex(),
    rawBytes: sent.length,
    signs: signs(calls, raw, delivered.length),
  };
}

function signs(calls: readonly string[], raw: readonly Uint8Array[], pieces: number): string[] {
  const frames = raw.map((bytes) => `${bytes[0]} ${bytes[0] === 0x88 ? bytes.subarray(2, 4).toHex() : ''}`);
  return [
    calls.map((call) => call.replaceAll(/\d+/g, 'N')).join(';'),
    ...frames,
    `${Math.min(5, raw.length)} ${Math.min(5, pieces)} ${calls.at(-1)?.split(' ', 2).join(' ')}`,
  ];
}
