import type { Random } from '../random.ts';
import { chance, pick } from './chance.ts';
import { ConnectionWorld } from './connection-world.ts';
import type { Input, Step } from './input.ts';
import { anyPacket, connect, properConnect } from './packets.ts';
import type { Target } from './target.ts';

/**
 * Up to four clients at the real engine, in virtual time. The verb is what happens, with the number of the client behind
 * it where there is one; see `ConnectionWorld.step`.
 */
export const connectionTarget: Target = {
  name: 'connection',

  generate(random: Random): Step[] {
    const steps: Step[] = [{ verb: 'w', bytes: random.bytes(2) }];
    const versions = Array.from({ length: 4 }, () => pick(random, [3, 4, 5, 5] as const));
    const clients = random.between(1, 4);
    for (let client = 0; client < clients; client++) {
      const make = chance(random, 80) ? properConnect : connect;
      if (chance(random, 8)) steps.push({ verb: `o${client}`, bytes: random.bytes(1) });
      steps.push({ verb: `d${client}`, bytes: make(random, versions[client] ?? 5) });
    }
    const count = random.between(0, 16);
    for (let index = 0; index < count; index++) steps.push(event(random, random.between(0, clients), versions));
    return steps;
  },

  run(input: Input): Iterable<string> {
    const world = new ConnectionWorld(input.find(({ verb }) => verb === 'w')?.bytes ?? new Uint8Array(2));
    for (const { verb, bytes } of input) world.step(verb, bytes);
    world.finish();
    return world.signs;
  },
};

function event(random: Random, client: number, versions: readonly (3 | 4 | 5)[]): Step {
  const version = versions[client] ?? 5;
  if (chance(random, 72)) {
    return { verb: `${chance(random, 90) ? 'd' : 'b'}${client}`, bytes: anyPacket(random, version) };
  }
  if (chance(random, 20)) return { verb: `d${client}`, bytes: properConnect(random, version) };
  const verb = pick(random, ['x', 'x', 'v', 't', 't', 'j', 'j', 's', 'n', 'l', 'r', 'k', 'c', 'm']);
  const withClient = ['x', 'v', 's', 'n'].includes(verb);
  return { verb: withClient ? `${verb}${client}` : verb, bytes: random.bytes(verb === 't' ? 2 : 1) };
}
