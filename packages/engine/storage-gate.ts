/**
 * Whether the journal takes changes of a deployment. `full`: its share of the journal's queue is used up, for the disk cannot
 * keep up. `failed`: the journal cannot be written at all.
 */
export type StorageState = 'ready' | 'full' | 'failed';

/** Who waits for the journal. */
export interface StorageWaiter {
  /** The state has changed: look again, and wait again where it is still not good. */
  storageChanged(now: number): void;
}

/**
 * What holds back new changes of one deployment before they are made, so that what waits for the disk stays bounded. Changes
 * that are made already, and those that only take away (acknowledgements of clients, expiry), pass.
 */
export class StorageGate {
  #state: StorageState;
  #waiting = new Set<StorageWaiter>();

  constructor(state: StorageState) {
    this.#state = state;
  }

  get state(): StorageState {
    return this.#state;
  }

  /** Waits for the next change of the state, behind those who wait already. */
  wait(waiter: StorageWaiter): void {
    this.#waiting.add(waiter);
  }

  /** Waits no more. */
  leave(waiter: StorageWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** Tells those who wait, in the order in which they came. */
  set(state: StorageState, now: number): void {
    if (state === this.#state) return;
    this.#state = state;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const waiter of waiting) waiter.storageChanged(now);
  }
}
