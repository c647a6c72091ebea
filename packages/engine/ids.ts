/** Id of a deployment: the first label of its address. Everything belongs to one; never a topic prefix, never ambient. */
export type DeploymentId = string & { readonly DeploymentId: unique symbol };

/** Number of a connection, unique in a process and never used twice. */
export type ConnectionId = number & { readonly ConnectionId: unique symbol };

/** Number of a journal batch; higher is later. 0 is durable from the start. */
export type BatchNumber = number;
