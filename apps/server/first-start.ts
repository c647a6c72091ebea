import type { Deployment } from '../../packages/api/mod.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { Config } from './config/load.ts';
import type { CredentialService } from './control/credential-service.ts';
import type { DeploymentService } from './control/deployment-service.ts';

/** User name of the first credential, where none was chosen. */
const FIRST_USERNAME = 'device';

/** The first deployment with the credential that people are shown. */
export interface FirstDeployment {
  readonly deployment: Deployment;
  readonly username: string | null;
  /** Only when Berth made it just now; it is stored nowhere. One that the operator chose is never shown. */
  readonly password: string | null;
}

export interface FirstStartOptions {
  readonly deployments: Pick<DeploymentService, 'ensureFirst'>;
  readonly credentials: Pick<CredentialService, 'createWith' | 'list'>;
  /** What the operator chose for the first credential. */
  readonly chosen: Pick<Config, 'username' | 'password'>;
  /** Whether a client can log in so. */
  readonly opens: (deployment: DeploymentId, username: string, password: string) => boolean;
  readonly warn: (sentence: string) => void;
}

/**
 * Makes the deployment `default` with one credential at the first start, and finds them later. Nobody is told the
 * password a second time, so nothing that can fail comes between this and the moment in which it is shown.
 * @returns null where the first deployment was deleted.
 */
export async function ensureFirstDeployment(options: FirstStartOptions): Promise<FirstDeployment | null> {
  const { deployments, credentials, chosen } = options;
  const username = chosen.username ?? FIRST_USERNAME;
  let password: string | null = null;
  const { deployment, created } = await deployments.ensureFirst(async (id, transaction) => {
    const { secret, committed } = await credentials.createWith(transaction, id, {
      username,
      ...(chosen.password === null ? {} : { password: chosen.password }),
    });
    password = secret.password ?? null;
    return committed;
  });
  if (created) return { deployment, username, password };
  const usernames = deployment === null ? [] : (await credentials.list(deployment.id)).map((entry) => entry.username);
  if (!fits(options, deployment, usernames)) options.warn(unused(chosen));
  return deployment === null ? null : { deployment, username: usernames[0] ?? null, password: null };
}

/** Whether what the operator chose is what holds: as it is after the first start, for as long as nobody changes it. */
function fits(
  { chosen, opens }: FirstStartOptions,
  deployment: Deployment | null,
  usernames: readonly string[],
): boolean {
  if (chosen.username === null && chosen.password === null) return true;
  if (deployment === null) return false;
  const username = chosen.username ?? FIRST_USERNAME;
  if (chosen.password === null) return usernames.includes(username);
  return opens(deployment.id as DeploymentId, username, chosen.password);
}

function unused({ username, password }: FirstStartOptions['chosen']): string {
  const both = username !== null && password !== null;
  const what = both ? 'user name and password are' : username === null ? 'password is' : 'user name is';
  return (
    `The configured ${what} used at the first start only, and no client can log in with ${both ? 'them' : 'it'} now. ` +
    `Change the credential with "berth credential", or take ${both ? 'them' : 'it'} out of the configuration.`
  );
}
