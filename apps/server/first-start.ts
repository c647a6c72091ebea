import type { Deployment } from '../../packages/api/mod.ts';
import type { Config } from './config/load.ts';
import type { CredentialService } from './control/credential-service.ts';
import type { DeploymentService } from './control/deployment-service.ts';

/** User name of the first credential, where none was chosen. */
const FIRST_USERNAME = 'device';

/** The first deployment with the credential that people are shown. */
export interface FirstDeployment {
  readonly deployment: Deployment;
  readonly username: string | null;
  /** Only when it was made just now; it is stored nowhere. */
  readonly password: string | null;
}

/**
 * Makes the deployment `default` with one credential at the first start, and finds them later.
 * @returns null where the first deployment was deleted.
 */
export async function ensureFirstDeployment(
  deployments: DeploymentService,
  credentials: CredentialService,
  config: Pick<Config, 'username' | 'password'>,
): Promise<FirstDeployment | null> {
  const { deployment, created } = await deployments.ensureFirst();
  if (deployment === null) return null;
  const existing = await credentials.list(deployment.id);
  if (!created) return { deployment, username: existing[0]?.username ?? null, password: null };
  const username = config.username ?? FIRST_USERNAME;
  const { password } = await credentials.create(deployment.id, {
    username,
    ...(config.password === null ? {} : { password: config.password }),
  });
  return { deployment, username, password: password ?? config.password };
}
