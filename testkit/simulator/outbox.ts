import type { ConnectionId } from '../../packages/engine/ids.ts';
import type { Outbox } from '../../packages/engine/ports.ts';
import type { Wire } from './wire.ts';
import type { World } from './world.ts';

/**
 * Where the engine sends: the wires of the world.
 * @param effect called before each effect; may throw.
 */
export function outboxOf(world: World, effect: () => void): Outbox {
  const open = (connection: ConnectionId): Wire | undefined => {
    effect();
    const wire = world.wires.get(connection);
    return wire === undefined || wire.isOver || wire.ending !== null ? undefined : wire;
  };
  const end = (connection: ConnectionId, how: 'end' | 'abort'): void => {
    const wire = open(connection);
    if (wire === undefined) return;
    wire.ending = { how, at: world.now };
    if (how === 'abort') wire.cutDown(world.random.between(0, wire.downBytes + 1));
  };
  const pause = (connection: ConnectionId, isPaused: boolean): void => {
    const wire = open(connection);
    if (wire !== undefined) wire.paused = isPaused;
  };
  const send = (connection: ConnectionId, bytes: Uint8Array): number => {
    const wire = open(connection);
    if (wire === undefined) return 0;
    wire.receive(bytes, world.madeAt);
    wire.answered = wire.bufferedBytes;
    return wire.answered;
  };
  return {
    send,
    sendPart: (connection, bytes, start, partEnd) => send(connection, bytes.subarray(start, partEnd)),
    sendMany(connections, bytes) {
      for (const connection of connections) open(connection)?.receive(bytes, world.madeAt);
    },
    end: (connection) => end(connection, 'end'),
    abort: (connection) => end(connection, 'abort'),
    pause: (connection) => pause(connection, true),
    resume: (connection) => pause(connection, false),
  };
}
