import type { z } from 'zod';
import { certificateStatusSchema, type CertificateStatus, type PlanRollover } from './certificate-schemas.ts';
import type { InstallationLimits } from '../engine/installation-limits.ts';
import { ApiError, errorSchema } from './errors.ts';
import { installationLimitsSchema, type InstallationLimitChanges } from './installation-limits-schema.ts';
import {
  accessAnswerSchema,
  accessRuleListSchema,
  accessRuleSchema,
  importedSchema,
  ruleDefaultSchema,
  type AccessAnswer,
  type AccessRule,
  type AccessRuleList,
  type ChangeAccessRule,
  type CreateAccessRule,
  type Imported,
  type RuleDefault,
  type RulePermission,
  type TryAccess,
} from './rule-schemas.ts';
import {
  credentialListSchema,
  credentialSchema,
  credentialSecretSchema,
  deploymentListSchema,
  deploymentSchema,
  infoSchema,
  type ChangeDeployment,
  type CreateCredential,
  type CreateDeployment,
  type Credential,
  type CredentialSecret,
  type Deployment,
  type Info,
} from './schemas.ts';

/** What the client needs of an HTTP answer; the `Response` of every platform has it. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  text(): Promise<string>;
}

/** The part of `fetch` that the client uses; the global `fetch` of every platform fits. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string },
) => Promise<FetchResponse>;

export interface ApiClientOptions {
  /** For example `http://127.0.0.1:18083`; with or without a slash at the end. */
  readonly baseUrl: string;
  /** The admin token; null for the routes that need none. */
  readonly token: string | null;
  readonly fetch: Fetch;
}

/**
 * Typed client of the REST API. A deployment is named by its id or its name.
 * Every method throws `ApiError` when the request fails.
 */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #token: string | null;
  readonly #fetch: Fetch;

  constructor(options: ApiClientOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#token = options.token;
    this.#fetch = options.fetch;
  }

  info(): Promise<Info> {
    return this.#json('GET', '/api/v1/info', infoSchema);
  }

  createDeployment(input: CreateDeployment): Promise<Deployment> {
    return this.#json('POST', '/api/v1/deployments', deploymentSchema, input);
  }

  async listDeployments(): Promise<Deployment[]> {
    const { deployments } = await this.#json('GET', '/api/v1/deployments', deploymentListSchema);
    return deployments;
  }

  getDeployment(deployment: string): Promise<Deployment> {
    return this.#json('GET', deploymentPath(deployment), deploymentSchema);
  }

  changeDeployment(deployment: string, changes: ChangeDeployment): Promise<Deployment> {
    return this.#json('PATCH', deploymentPath(deployment), deploymentSchema, changes);
  }

  startDeployment(deployment: string): Promise<Deployment> {
    return this.#json('POST', `${deploymentPath(deployment)}/start`, deploymentSchema);
  }

  stopDeployment(deployment: string): Promise<Deployment> {
    return this.#json('POST', `${deploymentPath(deployment)}/stop`, deploymentSchema);
  }

  getInstallationLimits(): Promise<InstallationLimits> {
    return this.#json('GET', '/api/v1/limits', installationLimitsSchema);
  }

  /** Limits that are left out keep their values; null is none. */
  changeInstallationLimits(changes: InstallationLimitChanges): Promise<InstallationLimits> {
    return this.#json('PATCH', '/api/v1/limits', installationLimitsSchema, changes);
  }

  async deleteDeployment(deployment: string): Promise<void> {
    await this.#send('DELETE', deploymentPath(deployment));
  }

  /** The answer carries `password` only where none was given and one was generated. */
  createCredential(deployment: string, input: CreateCredential): Promise<CredentialSecret> {
    return this.#json('POST', `${deploymentPath(deployment)}/credentials`, credentialSecretSchema, input);
  }

  async listCredentials(deployment: string): Promise<Credential[]> {
    const { credentials } = await this.#json('GET', `${deploymentPath(deployment)}/credentials`, credentialListSchema);
    return credentials;
  }

  /** @param password Left out: one is generated and stands in the answer. */
  setPassword(deployment: string, username: string, password?: string): Promise<CredentialSecret> {
    const path = `${credentialPath(deployment, username)}/password`;
    return this.#json('PUT', path, credentialSecretSchema, password === undefined ? {} : { password });
  }

  disableCredential(deployment: string, username: string): Promise<Credential> {
    return this.#json('POST', `${credentialPath(deployment, username)}/disable`, credentialSchema);
  }

  enableCredential(deployment: string, username: string): Promise<Credential> {
    return this.#json('POST', `${credentialPath(deployment, username)}/enable`, credentialSchema);
  }

  async deleteCredential(deployment: string, username: string): Promise<void> {
    await this.#send('DELETE', credentialPath(deployment, username));
  }

  /** CSV, without passwords. */
  exportCredentials(deployment: string): Promise<string> {
    return this.#send('GET', `${deploymentPath(deployment)}/credentials.csv`);
  }

  /** @param csv Columns: username, password. All lines are taken, or none. */
  importCredentials(deployment: string, csv: string): Promise<Imported> {
    return this.#json('POST', `${deploymentPath(deployment)}/credentials.csv`, importedSchema, new Csv(csv));
  }

  createRule(deployment: string, input: CreateAccessRule): Promise<AccessRule> {
    return this.#json('POST', `${deploymentPath(deployment)}/rules`, accessRuleSchema, input);
  }

  /** In the order in which they are tried, with what holds where none matches. */
  listRules(deployment: string): Promise<AccessRuleList> {
    return this.#json('GET', `${deploymentPath(deployment)}/rules`, accessRuleListSchema);
  }

  setRuleDefault(deployment: string, permission: RulePermission): Promise<RuleDefault> {
    return this.#json('PUT', `${deploymentPath(deployment)}/rules/default`, ruleDefaultSchema, { permission });
  }

  tryRules(deployment: string, question: TryAccess): Promise<AccessAnswer> {
    return this.#json('POST', `${deploymentPath(deployment)}/rules/try`, accessAnswerSchema, question);
  }

  /** Changes what is given; `position`, `before` or `after` moves the rule. */
  changeRule(deployment: string, rule: string, changes: ChangeAccessRule): Promise<AccessRule> {
    return this.#json('PATCH', rulePath(deployment, rule), accessRuleSchema, changes);
  }

  async deleteRule(deployment: string, rule: string): Promise<void> {
    await this.#send('DELETE', rulePath(deployment, rule));
  }

  /** CSV, in the order in which the rules are tried. */
  exportRules(deployment: string): Promise<string> {
    return this.#send('GET', `${deploymentPath(deployment)}/rules.csv`);
  }

  /**
   * All lines are taken, or none.
   * @param mode `add` puts them behind the rules that there are, `replace` in their place.
   */
  importRules(deployment: string, csv: string, mode: 'add' | 'replace'): Promise<Imported> {
    const method = mode === 'add' ? 'POST' : 'PUT';
    return this.#json(method, `${deploymentPath(deployment)}/rules.csv`, importedSchema, new Csv(csv));
  }

  getCertificates(): Promise<CertificateStatus> {
    return this.#json('GET', certificatesPath, certificateStatusSchema);
  }

  /** Makes a new server certificate, or reads the operator's own again. */
  renewCertificate(): Promise<CertificateStatus> {
    return this.#json('POST', `${certificatesPath}/renew`, certificateStatusSchema);
  }

  planRollover(input: PlanRollover): Promise<CertificateStatus> {
    return this.#json('PUT', `${certificatesPath}/rollover`, certificateStatusSchema, input);
  }

  cancelRollover(): Promise<CertificateStatus> {
    return this.#json('DELETE', `${certificatesPath}/rollover`, certificateStatusSchema);
  }

  finishRollover(): Promise<CertificateStatus> {
    return this.#json('POST', `${certificatesPath}/rollover/finish`, certificateStatusSchema);
  }

  /** What devices trust, PEM: one certificate, or the old and the new root during a rollover. Needs no token. */
  caCertificate(): Promise<string> {
    return this.#send('GET', '/ca.crt');
  }

  /** Prometheus text. Needs no token. */
  metrics(): Promise<string> {
    return this.#send('GET', '/metrics');
  }

  /** Whether the service says that it is well; throws `ApiError` when it does not answer. Needs no token. */
  async healthy(): Promise<boolean> {
    try {
      await this.#send('GET', '/healthz');
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 503) return false;
      throw error;
    }
  }

  async #json<Schema extends z.ZodType>(
    method: string,
    path: string,
    schema: Schema,
    input?: unknown,
  ): Promise<z.output<Schema>> {
    const parsed = schema.safeParse(parseJson(await this.#send(method, path, input)));
    if (parsed.success) return parsed.data;
    throw notBerth(0);
  }

  async #send(method: string, path: string, input?: unknown): Promise<string> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.#token !== null) headers['authorization'] = `Bearer ${this.#token}`;
    const init: Parameters<Fetch>[1] = { method, headers };
    if (input !== undefined) {
      headers['content-type'] = input instanceof Csv ? 'text/csv' : 'application/json';
      init.body = input instanceof Csv ? input.text : JSON.stringify(input);
    }
    let response: FetchResponse;
    let text: string;
    try {
      response = await this.#fetch(this.#baseUrl + path, init);
      text = await response.text();
    } catch (cause) {
      throw noAnswer(this.#baseUrl, cause);
    }
    if (response.ok) return text;
    const body = errorSchema.safeParse(parseJson(text));
    throw body.success ? new ApiError(response.status, body.data.error) : notBerth(response.status);
  }
}

/** A body that is CSV. */
class Csv {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const certificatesPath = '/api/v1/certificates';

function deploymentPath(deployment: string): string {
  return `/api/v1/deployments/${encodeURIComponent(deployment)}`;
}

function credentialPath(deployment: string, username: string): string {
  return `${deploymentPath(deployment)}/credentials/${encodeURIComponent(username)}`;
}

function rulePath(deployment: string, rule: string): string {
  return `${deploymentPath(deployment)}/rules/${encodeURIComponent(rule)}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Codes of Node.js and Bun for a certificate that does not hold. A browser does not tell its pages. */
const certificateCode =
  /^(?:CERT_|CRL_|ERR_TLS_CERT_|UNABLE_TO_(?:GET|VERIFY|DECODE)_|(?:DEPTH_ZERO_)?SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|UNKNOWN_CERTIFICATE)/;
const wrongName = /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/;

/** What went wrong before there was an answer: the certificate, the way of speaking, or all of it. */
function noAnswer(baseUrl: string, cause: unknown): ApiError {
  const { code, message } = reasonOf(cause);
  const body = certificateCode.test(code)
    ? {
        code: 'server.untrusted',
        message: `The certificate that ${baseUrl} shows is not trusted (${wrongName.test(code) ? 'it does not cover that address' : message}).`,
        remedy: 'Let this client trust the CA file of the service, and use an address that the certificate covers.',
      }
    : code === 'ECONNRESET' || code === 'EPROTO'
      ? {
          code: 'server.closed',
          message: `What listens at ${baseUrl} closed the connection.`,
          remedy: 'Check that the service runs, and speak HTTP to it on loopback and HTTPS on every other address.',
        }
      : {
          code: 'server.unreachable',
          message: `Nothing answers at ${baseUrl}.`,
          remedy: 'Check that the service runs and that the address and port are right.',
        };
  return new ApiError(0, body, { cause });
}

/** In Node.js the reason is the cause of an error that says that the request failed. */
function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return { code: 'code' in error ? String(error.code) : '', message: error.message };
}

function notBerth(status: number): ApiError {
  return new ApiError(status, {
    code: 'response.invalid',
    message: `The answer${status === 0 ? '' : ` with HTTP status ${status}`} is not one of this API.`,
    remedy: 'Check that the address leads to Berth and that its version fits this client.',
  });
}
