/** A broker for tests that sends every PUBLISH to every subscriber, except where it is told to lose, double or hold back some. */
import type { Socket } from 'bun';
import { decode, encode, Framer, PacketType, type Packet } from '../../../packages/codec/mod.ts';
import { readStamp, type Stamp } from './stamp.ts';

/** What happens to a message by its number: how often it is sent, and behind which later one. */
export interface Mishaps {
  /** Times that the message is delivered; 1 where nothing is said. */
  copies?: (sequence: number) => number;
  /** The message goes out right after this later one. */
  heldUntil?: (sequence: number) => number | null;
  /** CONNACK return code; 0 is accepted. */
  refuse?: number;
  /** Connections that are accepted before others are refused. */
  accept?: number;
}

interface Session {
  readonly socket: Socket<Session>;
  readonly framer: Framer;
  subscribed: boolean;
}

export class TestBroker implements Disposable {
  /** Acknowledgements of subscribers, by packet type. */
  readonly acknowledged = new Map<number, number>();
  connections = 0;
  #accepted = 0;
  readonly #mishaps: Mishaps;
  readonly #sessions = new Set<Session>();
  readonly #held = new Map<number, Packet>();
  readonly #listener: Bun.TCPSocketListener<Session>;
  #identifier = 0;

  constructor(mishaps: Mishaps = {}) {
    this.#mishaps = mishaps;
    this.#listener = Bun.listen<Session>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (socket) => {
          socket.data = { socket, framer: new Framer(1 << 20), subscribed: false };
          this.#sessions.add(socket.data);
          this.connections += 1;
        },
        data: ({ data: session }, chunk) => {
          session.framer.push(chunk);
          while (session.framer.next()) {
            const { header, buffer, bodyStart, end } = session.framer;
            this.#handle(session, decode(4, header, buffer, bodyStart, end));
          }
          session.framer.release();
        },
        close: ({ data: session }) => void this.#sessions.delete(session),
      },
    });
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.dispose](): void {
    this.#listener.stop(true);
  }

  #send(session: Session, packet: Packet): void {
    session.socket.write(encode(4, packet));
  }

  #handle(session: Session, packet: Packet): void {
    switch (packet.type) {
      case PacketType.CONNECT: {
        const { accept = 0, refuse = 0 } = this.#mishaps;
        const reasonCode = this.#accepted < accept ? 0 : refuse;
        if (reasonCode === 0) this.#accepted += 1;
        this.#send(session, { type: 2, sessionPresent: false, reasonCode, properties: null });
        return;
      }
      case PacketType.SUBSCRIBE: {
        session.subscribed = true;
        const { packetIdentifier } = packet;
        this.#send(session, {
          type: 9,
          packetIdentifier,
          reasonCodes: [packet.subscriptions[0]?.qos ?? 0],
          properties: null,
        });
        return;
      }
      case PacketType.PUBLISH: {
        const { packetIdentifier, qos } = packet;
        if (qos > 0)
          this.#send(session, { type: qos === 1 ? 4 : 5, packetIdentifier, reasonCode: 0, properties: null });
        this.#route(packet);
        return;
      }
      case PacketType.PUBREL:
        this.#send(session, { ...packet, type: PacketType.PUBCOMP });
        return;
      case PacketType.PUBREC:
        this.#send(session, { ...packet, type: PacketType.PUBREL });
        this.#count(packet.type);
        return;
      default:
        this.#count(packet.type);
    }
  }

  #count(type: number): void {
    this.acknowledged.set(type, (this.acknowledged.get(type) ?? 0) + 1);
  }

  #route(packet: Packet & { type: 3 }): void {
    const stamp: Stamp = { intendedUs: 0, publisher: 0, sequence: 0 };
    readStamp(packet.payload, 0, packet.payload.length, stamp);
    const { sequence } = stamp;
    const until = this.#mishaps.heldUntil?.(sequence) ?? null;
    if (until !== null) this.#held.set(until, { ...packet, payload: packet.payload.slice() });
    else {
      for (let copy = 0; copy < (this.#mishaps.copies?.(sequence) ?? 1); copy++) this.#deliver(packet);
    }
    const released = this.#held.get(sequence);
    if (released === undefined) return;
    this.#held.delete(sequence);
    this.#deliver(released);
  }

  #deliver(packet: Packet): void {
    this.#identifier = (this.#identifier % 65_535) + 1;
    for (const session of this.#sessions) {
      if (session.subscribed) this.#send(session, { ...packet, packetIdentifier: this.#identifier } as Packet);
    }
  }
}
