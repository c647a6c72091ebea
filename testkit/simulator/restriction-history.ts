import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { Restrictions } from './rules.ts';

type Kind = keyof Restrictions;

/** When guests were forbidden what, in stamps. */
export class RestrictionHistory {
  readonly #since = new Map<string, number>();
  readonly #times: { readonly deployment: DeploymentId; readonly from: number; until: number | null }[] = [];

  /** The engine is about to be told: what is allowed again may come from now on. */
  begin(deployment: DeploymentId, restrictions: Restrictions, stamp: number): void {
    const kinds = Object.entries(restrictions) as [Kind, boolean][];
    for (const [kind, isDenied] of kinds) if (!isDenied) this.#since.delete(`${deployment} ${kind}`);
    if (kinds.some(([, isDenied]) => isDenied)) this.#times.push({ deployment, from: stamp, until: null });
  }

  /** The engine has been told: what is forbidden must not come from now on. */
  done(deployment: DeploymentId, restrictions: Restrictions, stamp: number): void {
    const kinds = Object.entries(restrictions) as [Kind, boolean][];
    for (const [kind, isDenied] of kinds) {
      const key = `${deployment} ${kind}`;
      if (isDenied && !this.#since.has(key)) this.#since.set(key, stamp);
    }
    if (kinds.some(([, isDenied]) => isDenied)) return;
    for (const time of this.#times) if (time.deployment === deployment) time.until ??= stamp;
  }

  /** Since when guests may not; null: they may. */
  since(deployment: DeploymentId, kind: Kind): number | null {
    return this.#since.get(`${deployment} ${kind}`) ?? null;
  }

  /** Whether guests of the deployment were forbidden anything between the stamps. */
  wasInForce(deployment: DeploymentId, from: number, until: number): boolean {
    return this.#times.some(
      (time) => time.deployment === deployment && time.from <= until && (time.until ?? Infinity) >= from,
    );
  }
}
