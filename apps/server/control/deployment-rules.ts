/** What may be asked of a deployment, and the errors that say so. */
import type { CreateDeployment, LimitChanges } from '../../../packages/api/mod.ts';
import { checkLimit, findLimit } from '../../../packages/engine/limits.ts';
import { ControlError } from './control-error.ts';
import type { LimitOverrides } from './limit-overrides.ts';

/** Checks that the ports suit the type. @throws ControlError */
export function requirePortsThatFit(input: CreateDeployment): void {
  const { type = 'serverless', mqttPort, wsPort } = input;
  const field = mqttPort === undefined ? 'wsPort' : 'mqttPort';
  const some = mqttPort !== undefined || wsPort !== undefined;
  if (type === 'serverless' && some) {
    const message = 'A serverless deployment is reached over TLS only and has no ports of its own.';
    throw new ControlError(
      400,
      'port.not-allowed',
      message,
      'Leave the ports out, or set the type to dedicated.',
      field,
    );
  }
  if (type === 'dedicated' && !some) {
    const message = 'A dedicated deployment needs a port of its own.';
    throw new ControlError(400, 'port.missing', message, 'Give mqttPort, wsPort or both.', 'mqttPort');
  }
  if (mqttPort !== undefined && mqttPort === wsPort) {
    const message = 'MQTT and WebSocket cannot share a port.';
    throw new ControlError(400, 'port.same', message, 'Give two different ports.', 'wsPort');
  }
}

/** Checks limits that are to be set, whoever calls. @throws ControlError */
export function checkedLimits(limits: LimitChanges): LimitOverrides {
  const checked: Record<string, number | null> = {};
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    const definition = findLimit(name);
    const problem = definition === undefined ? `there is no limit named ${name}` : checkLimit(definition, value);
    if (problem !== null) {
      throw new ControlError(
        400,
        'request.invalid',
        `${problem}.`,
        'See docs/reference for the limits.',
        `limits.${name}`,
      );
    }
    checked[name] = value;
  }
  return checked;
}

export function tooManyDeployments(limit: number): ControlError {
  const message = `The installation has reached its limit "deployments" (${limit}).`;
  return new ControlError(
    409,
    'limit.deployments',
    message,
    'Delete deployments that nobody uses, or raise the limit.',
  );
}

export function portTaken(port: number, reason: string, field: string): ControlError {
  return new ControlError(409, 'port.taken', `Port ${port} ${reason}.`, 'Choose another port.', field);
}

export function cannotOpen(error: unknown): ControlError {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The ports of the deployment cannot be opened: ${reason}.`;
  return new ControlError(409, 'port.taken', message, 'Free the port, or choose another one.');
}

export function deploymentNotFound(): ControlError {
  const message = 'There is no deployment with this id or name.';
  return new ControlError(404, 'deployment.not-found', message, 'List the deployments to see their ids and names.');
}

export function nameTaken(name: string): ControlError {
  const message = `There is a deployment named "${name}" already.`;
  return new ControlError(409, 'deployment.name-taken', message, 'Choose another name.', 'name');
}
