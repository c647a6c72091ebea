import type { ListenerKind } from '../../../packages/engine/ports.ts';

/** A port that the edge listens on. */
export interface EdgeListener {
  readonly kind: ListenerKind;
  readonly hostname: string;
  readonly port: number;
  /** Takes no more connections; those that are open stay. */
  close(): void;
}
