import type { Random } from '../random.ts';
import { chance, join, pick } from './chance.ts';
import type { Input, Step } from './input.ts';
import { propertyBlock } from './properties.ts';
import { utf8Edges } from './strings.ts';

const stepsMax = 60;
const bytesMax = 4096;
const telling = [0, 1, 2, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x26, 0x30, 0x3d, 0x62, 0x82];

/**
 * Changes an input: steps are dropped, doubled, moved or taken from another input, their bytes cut, flipped, stretched;
 * afterwards the Remaining Length is mostly put right, so that the change is seen behind the framer too.
 */
export function mutate(input: Input, other: Input, random: Random): Step[] {
  let steps = [...input];
  const times = 1 + Math.floor(random.next() * random.next() * 6);
  for (let time = 0; time < times; time++) steps = mutateOnce(steps, other, random);
  return steps.slice(0, stepsMax);
}

function mutateOnce(steps: Step[], other: Input, random: Random): Step[] {
  if (steps.length === 0) return [...other];
  const at = random.between(0, steps.length);
  const step = steps[at];
  if (step === undefined || chance(random, 60)) return steps.with(at, mutateStep(step ?? pick(random, steps), random));
  const to = random.between(0, steps.length + 1);
  switch (random.between(0, 6)) {
    case 0:
      return steps.toSpliced(at, 1);
    case 1:
      return steps.toSpliced(to, 0, step);
    case 2:
      return steps.toSpliced(at, 1).toSpliced(to, 0, step);
    case 3:
      return [...steps.slice(0, at), ...other.slice(random.between(0, other.length + 1))];
    case 4:
      return other.length === 0 ? steps : steps.toSpliced(to, 0, pick(random, other));
    default:
      return split(steps, at, step, random);
  }
}

/** The same bytes in two pieces, or in one with the next ones. */
function split(steps: Step[], at: number, step: Step, random: Random): Step[] {
  const next = steps[at + 1];
  if (next?.verb === step.verb && chance(random, 50)) {
    return steps.toSpliced(at, 2, { verb: step.verb, bytes: join(step.bytes, next.bytes) });
  }
  const cut = random.between(0, step.bytes.length + 1);
  const pieces = [step.bytes.subarray(0, cut), step.bytes.subarray(cut)];
  return steps.toSpliced(at, 1, ...pieces.map((bytes) => ({ verb: step.verb, bytes })));
}

function mutateStep({ verb, bytes }: Step, random: Random): Step {
  const changed = mutateBytes(bytes, random).slice(0, bytesMax);
  return { verb, bytes: chance(random, 70) ? fitRemainingLength(changed) : changed };
}

function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.between(0, bytes.length + 1);
  const head = bytes.subarray(0, at);
  const length = random.between(0, Math.min(8, bytes.length - at) + 1);
  switch (random.between(0, 8)) {
    case 0:
    case 1:
      return changeByte(bytes, at, random, (byte) => byte ^ (1 << random.between(0, 8)));
    case 2:
      return changeByte(bytes, at, random, () => pick(random, telling));
    case 3:
      return changeByte(bytes, at, random, (byte) => byte + pick(random, [-1, 1]));
    case 4:
      return join(head, bytes.subarray(at + length));
    case 5:
      return join(head, bytes.subarray(at, at + length), bytes.subarray(at));
    case 6:
      return join(head, pick(random, utf8Edges), bytes.subarray(at));
    default:
      return join(
        head,
        chance(random, 50) ? propertyBlock(random, random.between(0, 16)) : random.bytes(length),
        bytes.subarray(at),
      );
  }
}

function changeByte(bytes: Uint8Array, at: number, random: Random, change: (byte: number) => number): Uint8Array {
  // Lengths and flags stand in front.
  const place = chance(random, 40) ? random.between(0, Math.min(6, bytes.length)) : at;
  if (place >= bytes.length) return bytes;
  const copy = bytes.slice();
  copy[place] = change(copy[place] ?? 0);
  return copy;
}

/** Where the bytes look like one packet whose length is wrong by a little, puts it right. */
function fitRemainingLength(bytes: Uint8Array): Uint8Array {
  const length = bytes.length - 2;
  if (length < 0 || length > 127 || (bytes[1] ?? 0) > 127) return bytes;
  const copy = bytes.slice();
  copy[1] = length;
  return copy;
}
