import type { Kysely, Selectable } from 'kysely';
import type { CreateDeployment, Deployment, LimitChanges } from '../../../packages/api/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { DeploymentsTable, Tables } from './database/tables.ts';
import { effectiveLimits, firstDeploymentLimits, parseOverrides, type LimitOverrides } from './limit-overrides.ts';
import { presentDeployment } from './deployment-presentation.ts';
import {
  cannotOpen,
  checkedLimits,
  deploymentNotFound,
  nameTaken,
  portTaken,
  tooManyDeployments,
  requirePortsThatFit,
} from './deployment-rules.ts';
import type { AccessRuleIndex, CredentialIndex, DeploymentIndex, LiveDeployments } from './ports.ts';
import { newDeploymentId } from './random-text.ts';
import type { Serial } from './serial.ts';

type Row = Selectable<DeploymentsTable>;

/**
 * Stores what comes with a new deployment, in the transaction that stores the deployment.
 * @returns what is to be done once that is committed.
 */
export type Companion = (deployment: DeploymentId, transaction: Kysely<Tables>) => Promise<() => void>;

export interface DeploymentServiceOptions {
  readonly database: Kysely<Tables>;
  readonly live: LiveDeployments;
  readonly index: DeploymentIndex;
  readonly credentials: CredentialIndex;
  readonly rules: AccessRuleIndex;
  /** Shared with the other services of the same database. */
  readonly changes: Serial;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly domain: string;
  /** How many deployments there may be; null is no limit. Asked at each use. */
  readonly deploymentsMax: () => number | null;
  /** The ports of the TLS listeners; asked at each use, since port 0 is known only after listening. */
  readonly ports: () => { readonly mqtts: number; readonly wss: number };
}

/** How long a deleted deployment is remembered, so that its devices are told that it was deleted. */
export const rememberDeletedMs = 30 * 24 * 3_600_000;

/** Makes, changes and ends deployments. All methods that take a deployment take its id or its name, and throw `ControlError`. */
export class DeploymentService {
  readonly #options: DeploymentServiceOptions;

  constructor(options: DeploymentServiceOptions) {
    this.#options = options;
  }

  /** Fills the index from the database and forgets what was deleted long ago. Once, before anything listens. */
  async load(): Promise<void> {
    await this.forgetDeleted();
    const rows = await this.#options.database.selectFrom('deployments').selectAll().execute();
    const names = await this.#options.database.selectFrom('names').select(['name', 'deployment_id']).execute();
    for (const row of rows) {
      this.#index(
        row,
        names.filter((entry) => entry.deployment_id === row.id).map((entry) => entry.name),
      );
    }
  }

  /**
   * Makes the first deployment, `default`, where there has never been any. It answers to the names of the installation.
   * @param companion what comes with it: there is never the one without the other.
   * @returns it, where it was made; else the deployment that answers to these names, or null where that was deleted.
   */
  async ensureFirst(
    companion: Companion,
  ): Promise<{ deployment: Deployment; created: true } | { deployment: Deployment | null; created: false }> {
    const { database } = this.#options;
    const mark = await database.selectFrom('deployments').select('id').where('is_first', '=', 1).executeTakeFirst();
    if (mark !== undefined) return { deployment: await this.first(), created: false };
    const deployment = await this.#create({ name: 'default' }, firstDeploymentLimits, companion);
    return { deployment, created: true };
  }

  /** The deployment that answers to the names of the installation; null where it was deleted. */
  async first(): Promise<Deployment | null> {
    const row = await this.#rows().where('is_first', '=', 1).executeTakeFirst();
    return row === undefined ? null : this.#present(row);
  }

  /** By its id alone, where a name would let others in on a deployment; null where there is none. */
  async findById(id: string): Promise<Deployment | null> {
    const row = await this.#rows().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : this.#present(row);
  }

  /**
   * Makes the deployments live, at the start of the server: the stopped ones too, so that their devices are told why
   * they may not connect.
   * @returns what could not be opened (a plain port that is in use); the others run.
   */
  async openAll(): Promise<{ deployment: DeploymentId; error: unknown }[]> {
    const rows = await this.#rows().execute();
    const failures: { deployment: DeploymentId; error: unknown }[] = [];
    for (const row of rows) {
      try {
        await this.#open(row);
      } catch (error) {
        failures.push({ deployment: row.id as DeploymentId, error });
      }
    }
    return failures;
  }

  /** Forgets deployments that were deleted 30 days ago or earlier. At the start, and once a day. */
  async forgetDeleted(): Promise<void> {
    const { database, now, index, changes } = this.#options;
    await changes.run(async () => {
      // The first one is kept as a mark: without it, the next start would take the installation for a new one.
      const gone = await database
        .deleteFrom('deployments')
        .where('deleted_at', '<=', now() - rememberDeletedMs)
        .where('is_first', '=', 0)
        .returning('id')
        .execute();
      for (const { id } of gone) index.remove(id as DeploymentId);
    });
  }

  async list(): Promise<Deployment[]> {
    const rows = await this.#rows().orderBy('created_at').orderBy('id').execute();
    return rows.map((row) => this.#present(row));
  }

  async get(deployment: string): Promise<Deployment> {
    return this.#present(await this.#find(deployment));
  }

  /** The id of a deployment. */
  async idOf(deployment: string): Promise<DeploymentId> {
    return (await this.#find(deployment)).id as DeploymentId;
  }

  /** The limits in force. */
  async limitsOf(deployment: DeploymentId): Promise<ReturnType<typeof effectiveLimits>> {
    return effectiveLimits(parseOverrides((await this.#find(deployment)).limits));
  }

  /** Id and limit on requests of a deployment; null where there is no such deployment. */
  async requestLimit(deployment: string): Promise<{ id: DeploymentId; perSecond: number | null } | null> {
    const row = await this.#lookUp(deployment);
    if (row === undefined) return null;
    return { id: row.id as DeploymentId, perSecond: effectiveLimits(parseOverrides(row.limits)).restRequestsPerSecond };
  }

  /** Makes a deployment and starts it. */
  create(input: CreateDeployment): Promise<Deployment> {
    return this.#create(input, {}, null);
  }

  change(
    deployment: string,
    changes: { name?: string | undefined; limits?: LimitChanges | undefined },
  ): Promise<Deployment> {
    return this.#options.changes.run(async () => {
      const row = await this.#find(deployment);
      const name = changes.name ?? row.name;
      if (name !== row.name) await this.#requireFreeName(name);
      const overrides = { ...parseOverrides(row.limits), ...checkedLimits(changes.limits ?? {}) };
      const changed = { ...row, name, limits: JSON.stringify(overrides) };
      await this.#update(row.id, { name, limits: changed.limits });
      await this.#reindex(changed);
      if (changes.limits !== undefined) this.#options.live.policyChanged(row.id as DeploymentId);
      return this.#present(changed);
    });
  }

  start(deployment: string): Promise<Deployment> {
    return this.#options.changes.run(async () => {
      const row = await this.#find(deployment);
      if (row.state === 'running') return this.#present(row);
      await this.#requireFreePorts(row.mqtt_port, row.ws_port, row.id as DeploymentId);
      const running: Row = { ...row, state: 'running' };
      await this.#update(row.id, { state: 'running' });
      await this.#reindex(running);
      try {
        await this.#open(running);
      } catch (error) {
        await this.#update(row.id, { state: 'stopped' });
        await this.#reindex(row);
        throw cannotOpen(error);
      }
      return this.#present(running);
    });
  }

  /** Stops a deployment: connections are closed with the reason, new ones are told, sessions stay. */
  stop(deployment: string): Promise<Deployment> {
    return this.#options.changes.run(async () => {
      const row = await this.#find(deployment);
      if (row.state === 'stopped') return this.#present(row);
      const stopped: Row = { ...row, state: 'stopped' };
      await this.#update(row.id, { state: 'stopped' });
      await this.#reindex(stopped);
      await this.#options.live.close(row.id as DeploymentId, 'deployment.stopped', false);
      return this.#present(stopped);
    });
  }

  /** Deletes a deployment with all that is in it. Its devices are told for 30 days that it was deleted. */
  async delete(deployment: string): Promise<void> {
    const { database, live, credentials, rules, now, changes } = this.#options;
    await changes.run(async () => {
      const row = await this.#find(deployment);
      const id = row.id as DeploymentId;
      const deleted: Row = { ...row, state: 'stopped', deleted_at: now() };
      await database.transaction().execute(async (transaction) => {
        for (const table of ['credentials', 'access_rules', 'access_defaults'] as const)
          await transaction.deleteFrom(table).where('deployment_id', '=', row.id).execute();
        await transaction
          .updateTable('deployments')
          .set({ state: 'stopped', deleted_at: deleted.deleted_at })
          .where('id', '=', row.id)
          .execute();
      });
      await this.#reindex(deleted);
      credentials.removeAll(id);
      rules.remove(id);
      await live.close(id, 'deployment.deleted', true);
    });
  }

  /** @param companion of the first deployment; null for all others. */
  async #create(input: CreateDeployment, overrides: LimitOverrides, companion: Companion | null): Promise<Deployment> {
    requirePortsThatFit(input);
    return this.#options.changes.run(async () => {
      const mqttPort = input.mqttPort ?? null;
      const wsPort = input.wsPort ?? null;
      await this.#requireRoom();
      await this.#requireFreeName(input.name);
      await this.#requireFreePorts(mqttPort, wsPort, null);
      const row: Row = {
        id: await this.#newId(),
        name: input.name,
        type: input.type ?? 'serverless',
        state: 'running',
        is_first: companion === null ? 0 : 1,
        mqtt_port: mqttPort,
        ws_port: wsPort,
        limits: JSON.stringify(overrides),
        created_at: this.#options.now(),
        deleted_at: null,
      };
      const committed = await this.#options.database.transaction().execute(async (transaction) => {
        await transaction.insertInto('deployments').values(row).execute();
        return companion?.(row.id as DeploymentId, transaction);
      });
      this.#index(row, []);
      committed?.();
      try {
        await this.#open(row);
      } catch (error) {
        await this.#undoCreate(row);
        throw cannotOpen(error);
      }
      return this.#present(row);
    });
  }

  async #undoCreate(row: Row): Promise<void> {
    const { database, index, credentials, live } = this.#options;
    const id = row.id as DeploymentId;
    await database.deleteFrom('deployments').where('id', '=', row.id).execute();
    index.remove(id);
    credentials.removeAll(id);
    await live.close(id, 'deployment.deleted', true);
  }

  #open(row: Row): Promise<void> {
    return this.#options.live.open(row.id as DeploymentId, { mqttPort: row.mqtt_port, wsPort: row.ws_port });
  }

  /** All that are not deleted. */
  #rows() {
    return this.#options.database.selectFrom('deployments').selectAll().where('deleted_at', 'is', null);
  }

  async #find(deployment: string): Promise<Row> {
    const row = await this.#lookUp(deployment);
    if (row !== undefined) return row;
    throw deploymentNotFound();
  }

  async #lookUp(deployment: string): Promise<Row | undefined> {
    const rows = await this.#rows()
      .where((where) => where.or([where('id', '=', deployment), where('name', '=', deployment.normalize('NFC'))]))
      .execute();
    return rows.find((candidate) => candidate.id === deployment) ?? rows[0];
  }

  async #newId(): Promise<string> {
    for (;;) {
      const id = newDeploymentId();
      const taken = await this.#options.database
        .selectFrom('deployments')
        .select('id')
        .where((where) => where.or([where('id', '=', id), where('name', '=', id)]))
        .executeTakeFirst();
      if (taken === undefined) return id;
    }
  }

  async #requireRoom(): Promise<void> {
    const most = this.#options.deploymentsMax();
    if (most !== null && (await this.#rows().execute()).length >= most) throw tooManyDeployments(most);
  }

  /** A name that is the id of another deployment is taken too: commands accept either. */
  async #requireFreeName(name: string): Promise<void> {
    const taken = await this.#rows()
      .where((where) => where.or([where('id', '=', name), where('name', '=', name)]))
      .executeTakeFirst();
    if (taken !== undefined) throw nameTaken(name);
  }

  async #requireFreePorts(mqttPort: number | null, wsPort: number | null, own: DeploymentId | null): Promise<void> {
    for (const [field, port] of [
      ['mqttPort', mqttPort],
      ['wsPort', wsPort],
    ] as const) {
      if (port === null) continue;
      const holders = await this.#rows()
        .where((where) => where.or([where('mqtt_port', '=', port), where('ws_port', '=', port)]))
        .execute();
      const holder = holders.find((row) => row.id !== own);
      if (holder !== undefined) throw portTaken(port, `belongs to the deployment "${holder.name}"`, field);
      if (!(await this.#options.live.portIsFree(port, own))) throw portTaken(port, 'is in use on this machine', field);
    }
  }

  async #update(id: string, values: Partial<Pick<Row, 'name' | 'state' | 'limits'>>): Promise<void> {
    await this.#options.database.updateTable('deployments').set(values).where('id', '=', id).execute();
  }

  async #reindex(row: Row): Promise<void> {
    const names = await this.#options.database
      .selectFrom('names')
      .select('name')
      .where('deployment_id', '=', row.id)
      .execute();
    this.#index(
      row,
      names.map((entry) => entry.name),
    );
  }

  #index(row: Row, names: readonly string[]): void {
    this.#options.index.put({
      id: row.id as DeploymentId,
      state: row.state,
      first: row.is_first === 1,
      names,
      limits: effectiveLimits(parseOverrides(row.limits)),
      deletedAt: row.deleted_at,
    });
  }

  #present(row: Row): Deployment {
    const { ports, domain, live } = this.#options;
    return presentDeployment(row, { domain, ports: ports(), counters: live.counters(row.id as DeploymentId) });
  }
}
