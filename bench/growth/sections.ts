import type { Ground } from './ground.ts';
import { activeConnections, idleConnections } from './connections.ts';
import { deployments } from './deployments.ts';
import { queueLength } from './queue-length.ts';
import { retainedMessages } from './retained-messages.ts';
import { subscriptions } from './subscriptions.ts';

/** One size, and what it cost. Units stand last in the names. */
export interface GrowthRow {
  readonly size: number;
  readonly figures: Readonly<Record<string, number>>;
}

/** What is made ten and a hundred times as large, and what is to stay the same meanwhile. */
export interface GrowthSection {
  readonly name: string;
  /**
   * Gives a row for each size. Bytes are of each one that was added since the size before: the first size pays for what the
   * first load of a process needs.
   */
  readonly measure: (sizes: readonly number[], open: () => Promise<Ground>) => Promise<GrowthRow[]>;
  readonly sizes: readonly [number, number, number];
}

export const sections: readonly GrowthSection[] = [
  { name: 'idleConnections', sizes: [100, 1_000, 10_000], measure: idleConnections },
  { name: 'activeConnections', sizes: [20, 200, 2_000], measure: activeConnections },
  { name: 'subscriptions', sizes: [1_000, 10_000, 100_000], measure: subscriptions },
  { name: 'deployments', sizes: [10, 100, 1_000], measure: deployments },
  { name: 'retainedMessages', sizes: [1_000, 10_000, 100_000], measure: retainedMessages },
  { name: 'queueLength', sizes: [1_000, 10_000, 100_000], measure: queueLength },
];
