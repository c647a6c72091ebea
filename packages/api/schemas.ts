/** The values of the REST API as zod schemas, with the types that they give. */
import { z } from 'zod';
import { limitChangesSchema, limitOverridesSchema, limitsSchema } from './limits-schema.ts';

const time = z.iso.datetime().describe('ISO 8601, UTC.');
const count = z.int().min(0);
const port = z.int().min(1).max(65_535);

export const deploymentTypeSchema = z.enum(['serverless', 'dedicated']);
export type DeploymentType = z.infer<typeof deploymentTypeSchema>;

export const deploymentStateSchema = z.enum(['running', 'stopped']);
export type DeploymentState = z.infer<typeof deploymentStateSchema>;

const deploymentNameRule =
  'a name has 1 to 64 letters, digits, spaces, dots, hyphens or underscores, and begins and ends with a letter or digit';

/** Letters and digits of any script, and signs that fit in a URL and on a line. */
export const deploymentNameSchema = z
  .string()
  .normalize('NFC')
  .min(1, { error: deploymentNameRule })
  .max(64, { error: deploymentNameRule })
  // A check instead of a pattern: few languages read the classes of Unicode in a JSON schema.
  .refine((name) => /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._-]*[\p{L}\p{M}\p{N}])?$/u.test(name), {
    error: deploymentNameRule,
  })
  .describe('1 to 64 letters, digits, spaces, dots, hyphens or underscores; unique in the installation.');

export const deploymentSchema = z
  .object({
    id: z.string().describe('Id: the first label of the address.'),
    name: z.string(),
    type: deploymentTypeSchema,
    state: deploymentStateSchema,
    address: z.string().describe('Host name that devices connect to.'),
    ports: z.object({
      mqtts: port.describe('MQTT over TLS.'),
      wss: port.describe('MQTT over WebSocket over TLS, path /mqtt.'),
      mqtt: port.optional().describe('MQTT over TCP; dedicated deployments only.'),
      ws: port.optional().describe('MQTT over WebSocket, path /mqtt; dedicated deployments only.'),
    }),
    limits: limitOverridesSchema,
    effectiveLimits: limitsSchema,
    createdAt: time,
    counters: z.object({ connections: count, sessions: count, subscriptions: count }),
  })
  .meta({ id: 'Deployment' });
export type Deployment = z.infer<typeof deploymentSchema>;

export const deploymentListSchema = z.object({ deployments: z.array(deploymentSchema) }).meta({ id: 'DeploymentList' });

export const createDeploymentSchema = z
  .strictObject({
    name: deploymentNameSchema,
    type: deploymentTypeSchema.default('serverless'),
    mqttPort: port.optional().describe('Port of a listener for MQTT over TCP; dedicated deployments only.'),
    wsPort: port.optional().describe('Port of a listener for MQTT over WebSocket; dedicated deployments only.'),
  })
  .meta({ id: 'CreateDeployment' });
/** As a caller writes it: `type` may be left out. */
export type CreateDeployment = z.input<typeof createDeploymentSchema>;

export const changeDeploymentSchema = z
  .strictObject({ name: deploymentNameSchema.optional(), limits: limitChangesSchema.optional() })
  .meta({ id: 'ChangeDeployment' });
export type ChangeDeployment = z.input<typeof changeDeploymentSchema>;

/** Characters of a text as people count them: code points, not UTF-16 units. */
export function characterCount(text: string): number {
  return Array.from(text).length;
}

/** Characters that a user name may have at most. */
export const usernameCharactersMax = 256;
/** A password below this many characters is refused. */
export const passwordCharactersMin = 8;
/** A password below this many characters is accepted with a warning. */
export const passwordCharactersAdvised = 12;
/** Characters that a password may have at most. */
export const passwordCharactersMax = 1024;

const usernameRule = `a user name has 1 to ${usernameCharactersMax} characters, no control characters, and is not "." or ".."`;

/** "." and ".." are refused because no URL can carry them as a path segment. */
export const usernameSchema = z
  .string()
  .min(1, { error: usernameRule })
  .max(usernameCharactersMax, { error: usernameRule })
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name) && name !== '.' && name !== '..', {
    error: usernameRule,
  })
  .describe(`1 to ${usernameCharactersMax} characters, none of them a control character.`);

export const passwordSchema = z
  .string()
  .refine((password) => characterCount(password) >= passwordCharactersMin, {
    error: `a password has at least ${passwordCharactersMin} characters`,
  })
  .max(passwordCharactersMax, { error: `a password has at most ${passwordCharactersMax} characters` })
  .refine((password) => password.isWellFormed(), { error: 'a password is valid Unicode' })
  .meta({
    minLength: passwordCharactersMin,
    description: 'Left out: one with 128 random bits is generated and returned this once.',
  });

export const credentialSchema = z
  .object({ username: z.string(), disabled: z.boolean(), createdAt: time, changedAt: time })
  .meta({ id: 'Credential', description: 'A user name that devices log in with. Its password is never returned.' });
export type Credential = z.infer<typeof credentialSchema>;

export const credentialListSchema = z.object({ credentials: z.array(credentialSchema) }).meta({ id: 'CredentialList' });

export const warningSchema = z.object({ code: z.string(), message: z.string() }).meta({ id: 'Warning' });
export type Warning = z.infer<typeof warningSchema>;

export const credentialSecretSchema = credentialSchema
  .extend({
    password: z.string().optional().describe('Only where it was generated, and only this once.'),
    warnings: z.array(warningSchema),
  })
  .meta({ id: 'CredentialSecret' });
export type CredentialSecret = z.infer<typeof credentialSecretSchema>;

export const createCredentialSchema = z
  .strictObject({ username: usernameSchema, password: passwordSchema.optional() })
  .meta({ id: 'CreateCredential' });
export type CreateCredential = z.input<typeof createCredentialSchema>;

export const setPasswordSchema = z.strictObject({ password: passwordSchema.optional() }).meta({ id: 'SetPassword' });
export type SetPassword = z.input<typeof setPasswordSchema>;

export const infoSchema = z
  .object({
    version: z.string(),
    domain: z.string(),
    ports: z.object({ mqtts: port, wss: port, http: port }),
    uptimeSeconds: count,
    caFingerprint: z.string().describe('SHA-256 of the CA certificate, upper-case hexadecimal pairs with colons.'),
  })
  .meta({ id: 'Info' });
export type Info = z.infer<typeof infoSchema>;
