import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { openApiDocument, type Info } from '../../../packages/api/mod.ts';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import { bearerToken, hasBearerToken } from './bearer-token.ts';
import { bodyBytesMax } from './body-limits.ts';
import type { AccessRuleService } from './access-rule-service.ts';
import { ControlError } from './control-error.ts';
import type { CredentialService } from './credential-service.ts';
import type { DeploymentService } from './deployment-service.ts';
import { isAllowedHost } from './host-check.ts';
import type { InstallationLimitService } from './installation-limit-service.ts';
import { invalidRequest } from './invalid-request.ts';
import type { RequestRates } from './request-rates.ts';
import { caFileOf, mountCertificates, type CertificatePort } from './routes/certificates.ts';
import { mountCredentials } from './routes/credentials.ts';
import { mountDeployments } from './routes/deployments.ts';
import { mountGuide, type GuidePort } from './routes/guide.ts';
import { mountInfo } from './routes/info.ts';
import { mountInstallationLimits } from './routes/installation-limits.ts';
import { mountRules } from './routes/rules.ts';

export interface AppOptions {
  readonly deployments: DeploymentService;
  readonly credentials: CredentialService;
  readonly rules: AccessRuleService;
  /** The local admin token. */
  readonly adminToken: string;
  /** Host names and addresses besides those of loopback that requests may be for. */
  readonly allowedHosts: readonly string[];
  readonly info: () => Info;
  /** Prometheus text. */
  readonly metrics: () => string | Promise<string>;
  /** Whether the service can do its work: answers `GET /healthz`. */
  readonly isHealthy: () => boolean;
  readonly certificates: CertificatePort;
  readonly installationLimits: InstallationLimitService;
  /** Answers `/guide`. */
  readonly guide: GuidePort;
  /** Counts requests; null counts none. */
  readonly rates: RequestRates | null;
  /** A limit was met in a request: leads to an event and a metric. */
  readonly onLimit: (met: MetLimit) => void;
  /** Takes errors that nobody expected; the caller only gets "server.error". */
  readonly onUnexpectedError: (error: Error) => void;
}

/** A limit that a request met. */
export interface MetLimit {
  /** As in `ControlError`. */
  readonly code: string;
  /** The deployment that the request was about; null where it was about none, or about one that there is not. */
  readonly deployment: DeploymentId | null;
  readonly message: string;
}

/** The HTTP service: REST API, health, metrics, the CA file and the connection guide. */
export function createApp(options: AppOptions): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error);
    },
  });
  app.onError(async (error, context) => {
    if (error instanceof ControlError && error.code.startsWith('limit.')) await tellLimit(error, context, options);
    return answerError(error, context, options.onUnexpectedError);
  });
  app.notFound((context) => {
    const { error } = new ControlError(
      404,
      'route.not-found',
      'There is nothing here.',
      'See /guide for people and /api/v1/openapi.json for programs.',
    ).toBody();
    return context.json({ error }, 404);
  });
  guard(app, options);
  mountPublic(app, options);
  mountDeployments(app, options.deployments);
  mountCredentials(app, options.credentials);
  mountCertificates(app, options.certificates);
  mountRules(app, options.rules);
  mountInfo(app, options.info);
  mountInstallationLimits(app, options.installationLimits);
  mountGuide(app, options.guide);
  return app;
}

/** What every request passes before a route sees it. */
function guard(app: OpenAPIHono, options: AppOptions): void {
  app.use(async (context, next) => {
    const host = context.req.header('host') ?? new URL(context.req.url).host;
    if (!isAllowedHost(host, options.allowedHosts)) throw hostNotAllowed();
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Cache-Control', 'no-store');
    await next();
  });
  app.use('/api/*', async (context, next) => {
    const isPublic = context.req.path === '/api/v1/openapi.json';
    if (!isPublic && !hasBearerToken(context.req.header('authorization'), options.adminToken)) throw tokenWrong();
    await next();
  });
  app.use('/api/*', async (context, next) => {
    await takeRequest(context, options);
    await next();
  });
  const limited = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw bodyTooLarge(maxSize);
      },
    });
  const limits = { json: limited(bodyBytesMax.json), csv: limited(bodyBytesMax.csv) };
  app.use((context, next) => (context.req.path.endsWith('.csv') ? limits.csv : limits.json)(context, next));
}

/** The id or name of the deployment that a path is about. */
function deploymentOf(path: string): string | null {
  const encoded = /^\/api\/v1\/deployments\/([^/]+)/.exec(path)?.[1];
  if (encoded === undefined) return null;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Counts a request against the rate of its key. @throws ControlError above it. */
async function takeRequest(context: Context, { rates, deployments, installationLimits }: AppOptions): Promise<void> {
  const key = bearerToken(context.req.header('authorization'));
  if (rates === null || key === null) return;
  const name = deploymentOf(context.req.path);
  const about = name === null ? null : await deployments.requestLimit(name);
  const perSecond = about === null ? installationLimits.limits.restRequestsPerSecond : about.perSecond;
  const waitSeconds = rates.take(key, about?.id ?? '', perSecond);
  if (waitSeconds === null) return;
  context.header('Retry-After', String(waitSeconds));
  throw tooManyRequests(perSecond);
}

async function tellLimit(error: ControlError, context: Context, { deployments, onLimit }: AppOptions): Promise<void> {
  const name = deploymentOf(context.req.path);
  const about = name === null ? null : await deployments.requestLimit(name);
  onLimit({ code: error.code, deployment: about?.id ?? null, message: error.message });
}

/** The routes that need no token. */
function mountPublic(app: OpenAPIHono, options: AppOptions): void {
  let document: ReturnType<typeof openApiDocument> | null = null;
  app.get('/healthz', (context) => (options.isHealthy() ? context.text('ok\n') : context.text('not ready\n', 503)));
  app.get('/metrics', async (context) => {
    const text = await options.metrics();
    return context.body(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  app.get('/ca.crt', (context) =>
    context.body(caFileOf(options.certificates), 200, {
      'Content-Type': 'application/x-x509-ca-cert',
      'Content-Disposition': 'attachment; filename="berth-ca.crt"',
    }),
  );
  // Made at the first request: few ask for it, and a start should be quick.
  app.get('/api/v1/openapi.json', (context) => context.json((document ??= openApiDocument())));
}

function answerError(error: Error, context: Context, onUnexpectedError: (error: Error) => void): Response {
  const known = error instanceof ControlError ? error : fromHttp(error);
  if (known === null) onUnexpectedError(error);
  const shown = known ?? serverError();
  if (shown.status === 401) context.header('WWW-Authenticate', 'Bearer realm="berth"');
  return context.json(shown.toBody(), shown.status);
}

/** Errors of Hono itself: a body that is no JSON, or is not said to be. */
function fromHttp(error: Error): ControlError | null {
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) {
    const remedy = 'Send JSON with the header "Content-Type: application/json".';
    return new ControlError(415, 'body.not-json', 'The body of the request is not said to be JSON.', remedy);
  }
  if (error.status >= 500) return null;
  return new ControlError(
    400,
    'request.invalid',
    'The body of the request is not valid JSON.',
    'Send one JSON object.',
  );
}

function hostNotAllowed(): ControlError {
  const remedy = 'Use localhost or 127.0.0.1, or add the name to the configuration with --san.';
  return new ControlError(403, 'host.not-allowed', 'This service does not answer to this host name.', remedy);
}

function tokenWrong(): ControlError {
  const remedy = 'Send "Authorization: Bearer TOKEN" with the admin token from the data directory.';
  return new ControlError(401, 'token.wrong', 'The token is missing or wrong.', remedy);
}

function tooManyRequests(perSecond: number | null): ControlError {
  const message = `This key has reached the limit "restRequestsPerSecond" (${perSecond}).`;
  return new ControlError(429, 'limit.rest-rate', message, 'Wait as long as Retry-After says, then send it again.');
}

function bodyTooLarge(bytesMax: number): ControlError {
  const message = `The body of the request is larger than ${bytesMax} bytes.`;
  return new ControlError(413, 'body.too-large', message, 'Send less at once.');
}

function serverError(): ControlError {
  const remedy = 'Look into the log of the service; if it happens again, report it with that entry.';
  return new ControlError(500, 'server.error', 'Something went wrong in the service.', remedy);
}
