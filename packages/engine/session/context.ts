import type { FaultName } from '../../faults/mod.ts';
import type { LimitName, Limits } from '../limits.ts';
import type { DeploymentCounters } from '../ports.ts';
import type { Session } from './session.ts';
import type { TokenBucket } from '../token-bucket.ts';
import type { Work } from '../work.ts';
import type { SessionStore } from './store.ts';

/** What the sessions of one deployment share. */
export interface SessionContext {
  readonly counters: DeploymentCounters;
  readonly store: SessionStore;
  limits: Limits;
  /** How often each limit was reached. */
  readonly reached: Record<LimitName, number>;
  /** The rate of the deployment, messages in and out. */
  readonly messages: TokenBucket;
  /** What the deployment may do in this turn of the loop. */
  readonly work: Work;
  /** A message for the session was given up, for the reason that the fault names. */
  dropped(session: Session, fault: FaultName, topic: string, now: number): void;
}
