import { configMaps, schedules } from "../../kubernetes/resources.ts";
import type { Owned } from "../../lifecycle/identity.ts";
import type { Connection } from "../../kubernetes/connection.ts";
import { lookAtOwner } from "../preflight/look-at-owner.ts";
import type { Verdict } from "../preflight/verdict.ts";
import { type BackupDeclaration, isScheduled, type LocationReference } from "./declaration.ts";
import { hasOwnPolicy } from "./shared-policy.ts";

interface NewObjects {
  cluster: string;
  connection: Connection;
  location: LocationReference;
  /** The name of the Schedule, and of the ConfigMap with the policies. */
  objectName: string;
}

/** Looks whether the names that new backups of a cluster take are somebody else's. */
export function lookAtNewObjects(
  { cluster, connection, location: { namespace }, objectName: name }: NewObjects,
  declared: BackupDeclaration & Owned & { adopt?: string | undefined },
): Promise<Verdict>[] {
  const place = { connection, cluster, namespace };
  return [
    ...(isScheduled(declared) && declared.adopt !== name
      ? [lookAtOwner(place, { type: schedules, name }, declared)]
      : []),
    ...(hasOwnPolicy(declared) ? [lookAtOwner(place, { type: configMaps, name }, declared)] : []),
  ];
}
