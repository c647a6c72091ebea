import type { ConnectionId } from '../../packages/engine/ids.ts';
import type { Device } from './device.ts';
import { demand } from './violation.ts';
import type { Wire } from './wire.ts';

/** What is known of the session of one client. */
interface Known {
  state: 'none' | 'connected' | 'away';
  /** False: there may be none after all, for the service was killed before the client heard of it. */
  isSure: boolean;
  connection: ConnectionId | null;
  /** The client has read CONNACK, so the session has to survive. */
  isConfirmed: boolean;
  /** Seconds. */
  expirySeconds: number;
  /** Ends at the earliest and at the latest; milliseconds since 1970. */
  endsFrom: number;
  endsUntil: number;
  /** Batch in which the client left. */
  leftIn: number;
}

const none = (): Known => ({
  state: 'none',
  isSure: true,
  connection: null,
  isConfirmed: false,
  expirySeconds: 0,
  endsFrom: 0,
  endsUntil: 0,
  leftIn: 0,
});

const neverExpires = 0xffff_ffff;
/** What a restart puts right is in the first batch of the new journal. */
const firstBatch = 1;

function endOf(from: number, expirySeconds: number): number {
  return expirySeconds === neverExpires ? Infinity : from + expirySeconds * 1000;
}

/** Which sessions have to be there when a client comes back, and which must not (MQTT 5.0 sections 3.1.2.4, 3.1.2.11.2). */
export class Sessions {
  readonly #known = new Map<Device, Known>();
  /** Sessions that were made for a client, the present one last, with the batch that makes each durable. */
  readonly #made = new Map<Device, { readonly number: number; batch: number }[]>();
  #lastNumber = 0;

  #of(device: Device): Known {
    let known = this.#known.get(device);
    if (known === undefined) {
      known = none();
      this.#known.set(device, known);
    }
    return known;
  }

  /** A session was made for the client. */
  created(device: Device, batch: number): void {
    this.#made.set(device, [...(this.#made.get(device) ?? []).slice(-5), { number: ++this.#lastNumber, batch }]);
  }

  /**
   * The number of the session that the client has now. A client that never got the CONNACK of one session is told that
   * the next is present, and cannot know that it is another; the model does.
   */
  numberOf(device: Device): number {
    return this.#made.get(device)?.at(-1)?.number ?? 0;
  }

  /** When the session of the device ends, at the earliest and at the latest; Infinity while it is connected. */
  endOf(device: Device): readonly [number, number] {
    const { state, endsFrom, endsUntil } = this.#of(device);
    return state === 'away' ? [endsFrom, endsUntil] : [Infinity, Infinity];
  }

  /** A connection was accepted. */
  accepted(device: Device, wire: Wire, present: boolean, expirySeconds: number, now: number): void {
    const known = this.#of(device);
    const { coverage } = device.world;
    const what = (): string => `${device.name}: ${JSON.stringify(known)} at ${now}, present ${present}`;
    if (wire.cleanStart) {
      demand(!present, 'Clean Start gives a new session [MQTT-3.1.2-4]', what);
      if (known.state === 'away' && now < known.endsFrom) coverage.saw('session discarded by a clean start');
    } else if (known.state === 'away' && now < known.endsFrom) {
      demand(present || !known.isSure, 'a session lasts until it expires [MQTT-3.2.2-3]', what);
    } else if (known.state === 'none' ? known.isSure : now > known.endsUntil) {
      demand(!present, 'a session ends when it expires [MQTT-3.1.2-23]', what);
      if (known.state === 'away') coverage.saw('session gone by its expiry');
    }
    this.#known.set(device, {
      ...none(),
      state: 'connected',
      connection: wire.id,
      expirySeconds,
    });
  }

  /** The client has read its CONNACK. */
  confirmed(device: Device, connection: ConnectionId): void {
    const known = this.#of(device);
    if (known.connection === connection) known.isConfirmed = true;
  }

  /** A connection has ended. @param expirySeconds of a DISCONNECT that was obeyed, else null. */
  closed(device: Device, connection: ConnectionId, expirySeconds: number | null, batch: number, now: number): void {
    const known = this.#of(device);
    if (known.state !== 'connected' || known.connection !== connection) return;
    const lasts = expirySeconds ?? known.expirySeconds;
    if (lasts === 0) {
      known.state = 'none';
      // Where it was made to end only now, a crash may undo that.
      known.leftIn = known.expirySeconds === 0 && known.isConfirmed ? 0 : batch;
      return;
    }
    known.state = 'away';
    known.endsFrom = endOf(now, lasts);
    known.endsUntil = known.endsFrom;
    known.leftIn = batch;
  }

  /** The service has been killed and has started again. */
  restarted(durableBatch: number, now: number): void {
    for (const [device, made] of this.#made) {
      const kept = made.filter(({ batch }) => batch <= durableBatch);
      for (const one of kept) one.batch = 0;
      this.#made.set(device, kept);
    }
    for (const known of this.#known.values()) {
      const leftIsDurable = known.leftIn <= durableBatch;
      let leftIn = 0;
      if (known.state === 'none') {
        if (!leftIsDurable) this.#doubt(known, now);
      } else if (known.state === 'connected') {
        if (!known.isConfirmed) this.#doubt(known, now);
        else if (known.expirySeconds === 0) Object.assign(known, none());
        else {
          known.state = 'away';
          known.endsFrom = endOf(now, known.expirySeconds);
          known.endsUntil = known.endsFrom;
          leftIn = firstBatch;
        }
      } else if (!leftIsDurable) {
        if (!known.isConfirmed) this.#doubt(known, now);
        else {
          // That it left may be lost: then it is away from the restart on, for as long as its CONNECT has asked for.
          known.endsFrom = Math.min(known.endsFrom, endOf(now, known.expirySeconds));
          known.endsUntil = Math.max(known.endsUntil, endOf(now, known.expirySeconds));
          leftIn = firstBatch;
        }
      }
      known.connection = null;
      known.leftIn = leftIn;
    }
  }

  /** Nothing is certain. */
  #doubt(known: Known, now: number): void {
    Object.assign(known, none(), { state: 'away', isSure: false, endsFrom: now, endsUntil: Infinity });
  }

  /** The deployment was deleted. */
  forgotten(device: Device): void {
    this.#known.set(device, none());
  }
}
