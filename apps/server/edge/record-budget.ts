/** Sends of one connection and second that leave in a TLS record of their own. */
export const recordsPerSecond = 32;

/**
 * Decides which sends start a TLS record of their own. Clients that are woken by their socket and then read one packet
 * from their TLS library (paho under asyncio) find the second packet of a record only at the next wake-up, so a client
 * with little traffic gets one packet a record. Under load, many packets in a record are what makes it fast.
 */
export class RecordBudget {
  #second = -1;
  #left = 0;

  /** @param second the time, coarse. @returns whether one more send may start a record. */
  take(second: number): boolean {
    if (second !== this.#second) {
      this.#second = second;
      this.#left = recordsPerSecond;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
