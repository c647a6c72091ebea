/**
 * Every route of the REST API: the server mounts them, the OpenAPI document describes them.
 * The shape is that of an OpenAPI operation with zod schemas in the places of JSON schemas.
 */
import { z } from 'zod';
import { certificateRoutes } from './certificate-routes.ts';
import { errorSchema } from './errors.ts';
import { installationLimitRoutes } from './installation-limits-schema.ts';
import {
  accessAnswerSchema,
  accessRuleListSchema,
  accessRuleSchema,
  changeAccessRuleSchema,
  createAccessRuleSchema,
  importedSchema,
  ruleDefaultSchema,
  tryAccessSchema,
} from './rule-schemas.ts';
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
const ruleParams = deploymentParams.extend({ rule: z.string().describe('Id of the rule.') });

function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

function csv(description: string) {
  return { description, content: { 'text/csv': { schema: z.string() } } };
}

/** UTF-8, RFC 4180, with a line of headings. */
const csvBody = { required: true, content: { 'text/csv': { schema: z.string() } } };

const wrongToken = { 401: json(errorSchema, 'The token is missing or wrong.') } as const;
const notFound = { ...wrongToken, 404: json(errorSchema, 'There is no such deployment, credential or rule.') } as const;
const invalid = { 400: json(errorSchema, 'The request is not valid; "field" names what is wrong.') } as const;
const conflict = { 409: json(errorSchema, 'Something is taken, or a limit has been reached.') } as const;

const deployment = json(deploymentSchema, 'The deployment.');
const credential = json(credentialSchema, 'The credential.');
const secret = json(credentialSecretSchema, 'The credential, with the password where it was generated.');
const rule = json(accessRuleSchema, 'The rule.');
const ruleList = json(accessRuleListSchema, 'All rules.');
const imported = json(importedSchema, 'All lines were taken.');
const invalidCsv = {
  400: json(errorSchema, 'Nothing was taken; the message names the lines that are wrong.'),
  415: json(errorSchema, 'The body is not said to be text/csv.'),
} as const;
const nothing = { description: 'Done.' } as const;

const admin = { security: [{ adminToken: [] }] };
const deployments = { ...admin, tags: ['deployments'] };
const installation = { ...admin, tags: ['installation'] };
const credentials = { ...admin, tags: ['credentials'] };

const rules = { ...admin, tags: ['access rules'] };

const one = '/api/v1/deployments/{deployment}';
const oneCredential = `${one}/credentials/{username}` as const;

export const routes = {
  ...certificateRoutes,
  ...installationLimitRoutes,
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
  exportCredentials: {
    ...credentials,
    operationId: 'exportCredentials',
    summary: 'The user names as CSV, without passwords and without anything made from them',
    method: 'get',
    path: `${one}/credentials.csv`,
    request: { params: deploymentParams },
    responses: { 200: csv('Columns: username, disabled, created_at, changed_at.'), ...notFound },
  },
  importCredentials: {
    ...credentials,
    operationId: 'importCredentials',
    summary: 'Adds user names with passwords from CSV (columns: username, password): all of them or none',
    method: 'post',
    path: `${one}/credentials.csv`,
    request: { params: deploymentParams, body: csvBody },
    responses: { 200: imported, ...notFound, ...invalidCsv, ...conflict },
  },
  createRule: {
    ...rules,
    operationId: 'createRule',
    summary: 'Adds an access rule behind those of its kind, or at a position among them',
    method: 'post',
    path: `${one}/rules`,
    request: { params: deploymentParams, body: body(createAccessRuleSchema) },
    responses: { 201: rule, ...notFound, ...invalid, ...conflict },
  },
  listRules: {
    ...rules,
    operationId: 'listRules',
    summary: 'Lists the access rules in the order in which they are tried',
    method: 'get',
    path: `${one}/rules`,
    request: { params: deploymentParams },
    responses: { 200: ruleList, ...notFound },
  },
  setRuleDefault: {
    ...rules,
    operationId: 'setRuleDefault',
    summary: 'Sets what holds where no rule matches',
    method: 'put',
    path: `${one}/rules/default`,
    request: { params: deploymentParams, body: body(ruleDefaultSchema) },
    responses: { 200: json(ruleDefaultSchema, 'What holds now.'), ...notFound, ...invalid },
  },
  tryRules: {
    ...rules,
    operationId: 'tryRules',
    summary: 'Says whether a client may publish or subscribe, and which rule says so',
    method: 'post',
    path: `${one}/rules/try`,
    request: { params: deploymentParams, body: body(tryAccessSchema) },
    responses: { 200: json(accessAnswerSchema, 'The answer.'), ...notFound, ...invalid },
  },
  changeRule: {
    ...rules,
    operationId: 'changeRule',
    summary: 'Changes or moves an access rule; subscriptions that are no longer allowed are revoked',
    method: 'patch',
    path: `${one}/rules/{rule}`,
    request: { params: ruleParams, body: body(changeAccessRuleSchema) },
    responses: { 200: rule, ...notFound, ...invalid, ...conflict },
  },
  deleteRule: {
    ...rules,
    operationId: 'deleteRule',
    summary: 'Deletes an access rule',
    method: 'delete',
    path: `${one}/rules/{rule}`,
    request: { params: ruleParams },
    responses: { 204: nothing, ...notFound },
  },
  exportRules: {
    ...rules,
    operationId: 'exportRules',
    summary: 'The access rules as CSV, in the order in which they are tried',
    method: 'get',
    path: `${one}/rules.csv`,
    request: { params: deploymentParams },
    responses: { 200: csv('Columns: kind, subject, action, permission, topic_filter.'), ...notFound },
  },
  addRules: {
    ...rules,
    operationId: 'addRules',
    summary: 'Adds access rules from CSV behind those that there are: all of them or none',
    method: 'post',
    path: `${one}/rules.csv`,
    request: { params: deploymentParams, body: csvBody },
    responses: { 200: imported, ...notFound, ...invalidCsv, ...conflict },
  },
  replaceRules: {
    ...rules,
    operationId: 'replaceRules',
    summary: 'Puts access rules from CSV in the place of those that there are: all of them or none',
    method: 'put',
    path: `${one}/rules.csv`,
    request: { params: deploymentParams, body: csvBody },
    responses: { 200: imported, ...notFound, ...invalidCsv, ...conflict },
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
