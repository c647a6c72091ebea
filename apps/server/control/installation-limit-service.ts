import type { Kysely } from 'kysely';
import type { InstallationLimitChanges } from '../../../packages/api/mod.ts';
import {
  checkInstallationLimit,
  defaultInstallationLimits,
  installationLimitDefinitions,
  type InstallationLimits,
} from '../../../packages/engine/installation-limits.ts';
import { ControlError } from './control-error.ts';
import type { Tables } from './database/tables.ts';
import type { Serial } from './serial.ts';

export interface InstallationLimitServiceOptions {
  readonly database: Kysely<Tables>;
  /** Shared with the other services of the same database. */
  readonly changes: Serial;
  /** Puts the limits in force; called at the start and after each change. */
  readonly apply: (limits: Readonly<InstallationLimits>) => void;
}

/** The limits of the installation: kept in the database, in force at once. */
export class InstallationLimitService {
  readonly #options: InstallationLimitServiceOptions;
  #limits = defaultInstallationLimits();

  constructor(options: InstallationLimitServiceOptions) {
    this.#options = options;
  }

  /** The limits in force. */
  get limits(): Readonly<InstallationLimits> {
    return this.#limits;
  }

  /** Reads what was set, and puts it in force. Once, before anything listens. A limit that this version does not know is left out. */
  async load(): Promise<void> {
    const rows = await this.#options.database.selectFrom('installation_limits').selectAll().execute();
    const stored = new Map(rows.map((row) => [row.name, row.value]));
    for (const { name } of installationLimitDefinitions) {
      const value = stored.get(name);
      if (value !== undefined) this.#limits[name] = value;
    }
    this.#options.apply(this.#limits);
  }

  /** @throws ControlError where a name or a value is wrong; then nothing is changed. */
  change(changes: InstallationLimitChanges): Promise<Readonly<InstallationLimits>> {
    const { database, apply } = this.#options;
    const checked = checkedChanges(changes);
    return this.#options.changes.run(async () => {
      await database.transaction().execute(async (transaction) => {
        for (const [name, value] of Object.entries(checked)) {
          await transaction
            .insertInto('installation_limits')
            .values({ name, value })
            .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
            .execute();
        }
      });
      this.#limits = { ...this.#limits, ...checked };
      apply(this.#limits);
      return this.#limits;
    });
  }
}

function checkedChanges(changes: InstallationLimitChanges): Partial<InstallationLimits> {
  const checked: Record<string, number | null> = {};
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const definition = installationLimitDefinitions.find((entry) => entry.name === name);
    const problem =
      definition === undefined ? `there is no limit named ${name}` : checkInstallationLimit(definition, value);
    if (problem !== null)
      throw new ControlError(400, 'request.invalid', `${problem}.`, 'See docs/reference/limits.md.', name);
    checked[name] = value;
  }
  return checked;
}
