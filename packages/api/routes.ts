/**
 * Every route of the REST API: the server mounts them, the OpenAPI document describes them.
 * The shape is that of an OpenAPI operation with zod schemas in the places of JSON schemas.
 */
import { z } from 'zod';
import { errorSchema } from './errors.ts';
import {
  changeDeploymentSchema,
  createCredentialSchema,
  createDeploymentSchema,
  credentialListSchema,
  credentialSchema,
  credentialSecretSchema,
  deploymentListSchema,
  deploymentSchema,
  infoSchema,
  setPasswordSchema,
} from './schemas.ts';

const deploymentParams = z.object({ deployment: z.string().describe('Id or name of the deployment.') });
const credentialParams = deploymentParams.extend({ username: z.string() });

function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

const wrongToken = { 401: json(errorSchema, 'The token is missing or wrong.') } as const;
const notFound = { ...wrongToken, 404: json(errorSchema, 'There is no such deployment or credential.') } as const;
const invalid = { 400: json(errorSchema, 'The request is not valid; "field" names what is wrong.') } as const;
const conflict = { 409: json(errorSchema, 'Something is taken, or a limit has been reached.') } as const;

const deployment = json(deploymentSchema, 'The deployment.');
const credential = json(credentialSchema, 'The credential.');
const secret = json(credentialSecretSchema, 'The credential, with the password where it was generated.');
const nothing = { description: 'Done.' } as const;

const admin = { security: [{ adminToken: [] }] };
const deployments = { ...admin, tags: ['deployments'] };
const installation = { ...admin, tags: ['installation'] };
const credentials = { ...admin, tags: ['credentials'] };

const one = '/api/v1/deployments/{deployment}';
const oneCredential = `${one}/credentials/{username}` as const;

export const routes = {
  createDeployment: {
    ...deployments,
    operationId: 'createDeployment',
    summary: 'Makes a deployment and starts it',
    method: 'post',
    path: '/api/v1/deployments',
    request: { body: body(createDeploymentSchema) },
    responses: { 201: deployment, ...wrongToken, ...invalid, ...conflict },
  },
  listDeployments: {
    ...deployments,
    operationId: 'listDeployments',
    summary: 'Lists all deployments, oldest first',
    method: 'get',
    path: '/api/v1/deployments',
    request: {},
    responses: { 200: json(deploymentListSchema, 'All deployments.'), ...wrongToken },
  },
  getDeployment: {
    ...deployments,
    operationId: 'getDeployment',
    summary: 'Shows one deployment',
    method: 'get',
    path: one,
    request: { params: deploymentParams },
    responses: { 200: deployment, ...notFound },
  },
  changeDeployment: {
    ...deployments,
    operationId: 'changeDeployment',
    summary: 'Changes the name or limits, while the deployment runs',
    method: 'patch',
    path: one,
    request: { params: deploymentParams, body: body(changeDeploymentSchema) },
    responses: { 200: deployment, ...notFound, ...invalid, ...conflict },
  },
  startDeployment: {
    ...deployments,
    operationId: 'startDeployment',
    summary: 'Starts a stopped deployment; a running one stays as it is',
    method: 'post',
    path: `${one}/start`,
    request: { params: deploymentParams },
    responses: { 200: deployment, ...notFound, ...conflict },
  },
  stopDeployment: {
    ...deployments,
    operationId: 'stopDeployment',
    summary: 'Stops a deployment: its connections are closed, its sessions stay',
    method: 'post',
    path: `${one}/stop`,
    request: { params: deploymentParams },
    responses: { 200: deployment, ...notFound },
  },
  deleteDeployment: {
    ...deployments,
    operationId: 'deleteDeployment',
    summary: 'Deletes a deployment with its sessions, retained messages and credentials',
    method: 'delete',
    path: one,
    request: { params: deploymentParams },
    responses: { 204: nothing, ...notFound },
  },
  createCredential: {
    ...credentials,
    operationId: 'createCredential',
    summary: 'Adds a user name with a password',
    method: 'post',
    path: `${one}/credentials`,
    request: { params: deploymentParams, body: body(createCredentialSchema) },
    responses: { 201: secret, ...notFound, ...invalid, ...conflict },
  },
  listCredentials: {
    ...credentials,
    operationId: 'listCredentials',
    summary: 'Lists the user names of a deployment in alphabetical order',
    method: 'get',
    path: `${one}/credentials`,
    request: { params: deploymentParams },
    responses: { 200: json(credentialListSchema, 'All credentials.'), ...notFound },
  },
  setPassword: {
    ...credentials,
    operationId: 'setPassword',
    summary: 'Sets a new password and closes the connections that used the old one',
    method: 'put',
    path: `${oneCredential}/password`,
    request: { params: credentialParams, body: body(setPasswordSchema) },
    responses: { 200: secret, ...notFound, ...invalid },
  },
  disableCredential: {
    ...credentials,
    operationId: 'disableCredential',
    summary: 'Disables a user name and closes its connections',
    method: 'post',
    path: `${oneCredential}/disable`,
    request: { params: credentialParams },
    responses: { 200: credential, ...notFound },
  },
  enableCredential: {
    ...credentials,
    operationId: 'enableCredential',
    summary: 'Enables a user name again',
    method: 'post',
    path: `${oneCredential}/enable`,
    request: { params: credentialParams },
    responses: { 200: credential, ...notFound },
  },
  deleteCredential: {
    ...credentials,
    operationId: 'deleteCredential',
    summary: 'Deletes a user name and closes its connections',
    method: 'delete',
    path: oneCredential,
    request: { params: credentialParams },
    responses: { 204: nothing, ...notFound },
  },
  info: {
    ...installation,
    operationId: 'getInfo',
    summary: 'Version, domain and ports of the installation',
    method: 'get',
    path: '/api/v1/info',
    request: {},
    responses: { 200: json(infoSchema, 'The installation.'), ...wrongToken },
  },
} as const;
