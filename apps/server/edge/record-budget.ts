/** Sends of one connection and second that leave in a TLS record of their own. */
export const recordsPerSecond = 32;

/** A connection that would have started more records than this in one second is under load. */
export const busyRecordsPerSecond = 8 * recordsPerSecond;

/**
 * Decides which sends start a TLS record of their own. Clients that are woken by their socket and then read one packet
 * from their TLS library (paho under asyncio) find the second packet of a record only at the next wake-up, so a client
 * with little traffic gets one packet a record. Under load, many packets in a record are what makes it fast: a client that was
 * under load in one second gets none of its own in the next.
 */
export class RecordBudget {
  #second = -1;
  #asked = 0;
  #left = 0;

  /** @param second the time, coarse. @returns whether one more send may start a record. */
  take(second: number): boolean {
    if (second !== this.#second) {
      const busy = second === this.#second + 1 && this.#asked > busyRecordsPerSecond;
      this.#second = second;
      this.#asked = 0;
      this.#left = busy ? 0 : recordsPerSecond;
    }
    this.#asked++;
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
