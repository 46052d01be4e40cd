import type { BackupStorageLocation } from "../../velero/types.ts";

/** What becomes of a location that is taken over: what it had beyond the declaration, and the keys that it used. */
export function adoptionNotice(
  live: BackupStorageLocation,
  declared: BackupStorageLocation,
  cluster: string,
): string {
  const { namespace, name } = live.metadata;
  const secret = live.spec.credential?.name;
  const before: Record<string, unknown> = { ...live.spec.config, caCert: live.spec.objectStorage.caCert };
  const after: Record<string, unknown> = {
    ...declared.spec.config,
    caCert: declared.spec.objectStorage.caCert,
  };
  const had = Object.keys(before).filter((key) => before[key] !== undefined);
  const gone = had.filter((key) => after[key] === undefined);
  const other = had.filter((key) => after[key] !== undefined && after[key] !== before[key]);
  return [
    `BackupStorageLocation ${namespace}/${name} in cluster "${cluster}" is taken over`,
    ...(gone.length > 0 ? [`what is not declared goes from its config: ${gone.join(", ")}`] : []),
    ...(other.length > 0 ? [`what is declared otherwise changes there: ${other.join(", ")}`] : []),
    ...(secret !== undefined && secret !== declared.spec.credential?.name
      ? [`Secret ${namespace}/${secret}, whose keys it has used so far, stays as it is`]
      : []),
  ].join("; ");
}
