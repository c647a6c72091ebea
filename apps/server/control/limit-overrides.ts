import { defaultLimits, limitDefinitions, type LimitName, type Limits } from '../../../packages/engine/limits.ts';

/** Limits that were set for a deployment; null is none. */
export type LimitOverrides = Partial<Limits>;

/** The first deployment is the operator's own: its traffic is not slowed. Failed log-ins stay limited. */
export const firstDeploymentLimits: LimitOverrides = {
  connectsPerSecond: null,
  messagesPerSecond: null,
  publishesPerSecondPerClient: null,
  bytesPerSecondPerClient: null,
  restRequestsPerSecond: null,
};

/** Reads the stored JSON; a limit that this version does not know is left out. */
export function parseOverrides(json: string): LimitOverrides {
  const stored = JSON.parse(json) as Record<string, number | null>;
  return Object.fromEntries(
    limitDefinitions.flatMap(({ name }) => (stored[name] === undefined ? [] : [[name, stored[name]]])),
  );
}

/** The limits in force. */
export function effectiveLimits(overrides: LimitOverrides): Limits {
  return { ...defaultLimits(), ...overrides };
}

/** Those that differ from the defaults. */
export function differingLimits(overrides: LimitOverrides): LimitOverrides {
  const defaults = defaultLimits();
  const names = Object.keys(overrides) as LimitName[];
  return Object.fromEntries(
    names.filter((name) => overrides[name] !== defaults[name]).map((name) => [name, overrides[name]]),
  );
}
