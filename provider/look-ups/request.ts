import * as v from "valibot";
import { Problem } from "../core/errors.ts";
import * as schemas from "../schemas/common.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { validate } from "../core/validate.ts";
import type { Access, Credentials, StorageConfig } from "../store/storage-config.ts";
import { access, anyCredentials, storage, wayRules } from "../schemas/storage.ts";
import { type LocationReference, locationReference } from "../schemas/backup.ts";
import { connectionRules } from "../schemas/cluster-location.ts";

/** A cluster of a location with its connections, as a program passes it. */
export interface PlaceRequest {
  cluster: string;
  location: LocationReference;
  /** Names of the read-only locations through which it reads other clusters' backups. */
  readLocations?: Record<string, string> | undefined;
  connection: Connection;
  storage?: StorageConfig | undefined;
  credentials?: Credentials | undefined;
  access?: Access | undefined;
  /** The store of an offline cluster's backups, if it is not `storage`. */
  own?: { storage: StorageConfig; prefix?: string | undefined } | undefined;
}

/** A request for backups of one cluster. */
export interface BackupsRequest extends PlaceRequest {
  schedule?: string | undefined;
  workspace?: string | undefined;
  before?: string | undefined;
  allowPartialFailure?: boolean | undefined;
  from?: "cluster" | "store" | undefined;
}

/** A request for the users of a location in all of its clusters. */
export interface UsersRequest {
  clusters: PlaceRequest[];
}

const place = {
  cluster: schemas.text,
  location: locationReference,
  readLocations: v.optional(v.record(v.string(), schemas.text)),
  connection: schemas.connection,
  storage: v.optional(storage),
  credentials: v.optional(anyCredentials),
  access: v.optional(access),
  own: v.optional(v.strictObject({ storage, prefix: v.optional(schemas.text) })),
};

const backups = v.strictObject({
  ...place,
  schedule: v.optional(schemas.text),
  workspace: v.optional(schemas.text),
  before: v.optional(schemas.pointInTime),
  allowPartialFailure: v.optional(v.boolean()),
  from: v.optional(v.picklist(["cluster", "store"])),
});

/** Throws one error with everything that is wrong with a request. */
export function refuseBackups(request: BackupsRequest): void {
  const both = request.schedule !== undefined && request.workspace !== undefined;
  refuse(backups, request, both ? ["schedule: does not go with `workspace`: give one of them"] : []);
}

export function refuseUsers({ clusters }: UsersRequest): void {
  for (const each of clusters) refuse(v.strictObject(place), each);
}

function refuse(schema: v.GenericSchema, request: PlaceRequest, more: string[] = []): void {
  const { cluster, connection } = request;
  const failures = [
    ...validate(schema, request).map(({ path, reason }) => ({ path: declaredAs(path, cluster), reason })),
    ...connectionRules(connection, cluster),
    ...wayRules(request),
  ];
  const words = [...failures.map(({ path, reason }) => `${path}: ${reason}`), ...more];
  if (words.length > 0) throw new Problem({ code: "BadRequest", what: words.join("; ") });
}

const declaredAs = (path: string, cluster: string): string =>
  path.replace(/^connection\b/, `clusters.${cluster}`).replace(/^own\b/, `clusters.${cluster}`);
