import * as v from "valibot";
import { Problem } from "../core/errors.ts";
import { pointInTime, text } from "../core/fields.ts";
import { validate, type InferEntries } from "../core/validate.ts";
import { connection } from "../kubernetes/connection.ts";
import { locationReference } from "../schemas/backup.ts";
import { connectionRules } from "../schemas/cluster-location.ts";
import { access, anyCredentials, storage } from "../store/storage-config.ts";
import { accessRules } from "../store/store-access.ts";

/** A cluster of a location with its connections, as a program passes it. */
const place = {
  cluster: text,
  location: locationReference,
  /** Names of the read-only locations through which it reads other clusters' backups. */
  readLocations: v.optional(v.record(v.string(), text)),
  connection,
  storage: v.optional(storage),
  credentials: v.optional(anyCredentials),
  access: v.optional(access),
  /** The store of an offline cluster's backups, if it is not `storage`. */
  own: v.optional(v.strictObject({ storage, prefix: v.optional(text) })),
};

export type PlaceRequest = InferEntries<typeof place>;

/** A request for backups of one cluster. */
const backups = v.strictObject({
  ...place,
  schedule: v.optional(text),
  workspace: v.optional(text),
  before: v.optional(pointInTime),
  allowPartialFailure: v.optional(v.boolean()),
  from: v.optional(v.picklist(["cluster", "store"])),
});

export type BackupsRequest = v.InferOutput<typeof backups>;

/** A request for the users of a location in all of its clusters. */
export interface UsersRequest {
  clusters: PlaceRequest[];
}

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
    ...validate(schema, request).map(({ path, reason }) => ({ path: nameInProgram(path, cluster), reason })),
    ...connectionRules(connection, cluster),
    ...accessRules(request),
  ];
  const words = [...failures.map(({ path, reason }) => `${path}: ${reason}`), ...more];
  if (words.length > 0) throw new Problem({ code: "BadRequest", what: words.join("; ") });
}

const nameInProgram = (path: string, cluster: string): string =>
  path.replace(/^connection\b/, `clusters.${cluster}`).replace(/^own\b/, `clusters.${cluster}`);
