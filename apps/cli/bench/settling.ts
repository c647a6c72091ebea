/** What waits until nothing more lies on it. */
interface Answering {
  /** Acknowledges what was received. */
  answer(): void;
}

/**
 * The connections on which there may be more to read. Each is read until a look at the sockets finds nothing more on it, and only then answered:
 * in one write, however many the broker made for what it answers. That is what a client does that reads until its socket is empty, here
 * without a read of its own for each connection.
 */
export class Settling {
  /** By connection, the look that found something on it last. */
  readonly #lastLook = new Map<Answering, number>();
  #look = 0;

  /** Whether there is another look to take. */
  get isOpen(): boolean {
    return this.#lastLook.size > 0;
  }

  /** This look has found something on the connection. */
  found(client: Answering): void {
    this.#lastLook.set(client, this.#look);
  }

  /** All sockets that were ready have been read: answers the connections on which there was nothing more. */
  endLook(): void {
    for (const [client, look] of this.#lastLook) {
      if (look === this.#look) continue;
      this.#lastLook.delete(client);
      client.answer();
    }
    this.#look += 1;
  }
}
