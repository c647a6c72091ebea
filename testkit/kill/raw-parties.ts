import type { Parties } from './party.ts';
import { RawPublisher } from './raw-publisher.ts';
import { RawSubscriber } from './raw-subscriber.ts';

/** Clients of raw bytes. */
export const rawParties: Parties = {
  publisher: (options, stream, window) => new RawPublisher(options, stream, window),
  subscriber: (options, subscription, reception) => new RawSubscriber(options, subscription, reception),
};
