import { parseDuration } from "../../core/deadline.ts";
import { omit, pick, same } from "../../core/values.ts";
import { becomes, type ForeseenAdoption, goes, valueInWords } from "../../rules/adoption.ts";
import type { KeptParts } from "../../schemas/cluster-location.ts";
import { looksSecret, saidBy } from "../../store/config-keys.ts";
import type { StorageConfig } from "../../store/storage-config.ts";
import { kindOf } from "../../store/store-access.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";

interface AdoptedLocation extends ForeseenAdoption {
  keptParts: KeptParts | undefined;
}

interface DeclaredLocation {
  storage: StorageConfig;
  requestedAccessMode?: string | undefined;
  default?: boolean | undefined;
}

/** These keys locate the credentials in a file, and have no meaning for another file. */
const OF_CREDENTIALS = ["profile", "credentialsFile", "enableSharedConfig"];

const HAS_CERTIFICATE = ["aws", "minio"];

/**
 * Returns the effects of adopting a BackupStorageLocation. `declared` is the location that the program alone would
 * have. Undeclared top-level fields stay in any case. `config` and `objectStorage` belong completely to this project.
 * Of these, the values that no property of `storage` can set are kept.
 */
export function foreseeAdoption(
  live: BackupStorageLocation,
  declared: BackupStorageLocation,
  program: DeclaredLocation,
): AdoptedLocation {
  const kind = kindOf(program.storage);
  const config = foreseeConfig(live, declared, kind);
  const place = foreseePlace(live, declared, kind);
  const keptParts = {
    ...(Object.keys(config.kept).length > 0 && { config: config.kept }),
    ...(Object.keys(place.kept).length > 0 && { objectStorage: place.kept }),
  };
  return {
    changes: [...config.changes, ...place.changes, ...changesOfUse(live, declared, program)],
    kept: [
      ...Object.entries(config.kept).map(
        ([key, value]) => `config.${key}: ${valueInWords(shown(key, value))}`,
      ),
      ...Object.keys(place.kept).map((field) => `objectStorage.${field}`),
    ],
    keptParts: Object.keys(keptParts).length > 0 ? keptParts : undefined,
  };
}

/** Returns the kept parts that are not declared. Once a key is declared, the program owns it. */
export function stillKept(
  { config = {}, objectStorage = {} }: KeptParts = {},
  declared: BackupStorageLocation,
): KeptParts | undefined {
  const { caCert } = declared.spec.objectStorage;
  const parts = {
    config: omit(config, Object.keys(declared.spec.config ?? {})) as Record<string, string>,
    objectStorage: omit(objectStorage, caCert === undefined ? [] : CERTIFICATES),
  };
  const rest = pick(
    parts,
    Object.entries(parts).flatMap(([part, value]) => (Object.keys(value).length > 0 ? [part] : [])),
  );
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Velero accepts only one of these. */
const CERTIFICATES = ["caCert", "caCertRef"];

function foreseeConfig(live: BackupStorageLocation, declared: BackupStorageLocation, kind: string) {
  const [theirs, ours] = [live.spec.config ?? {}, declared.spec.config ?? {}];
  const said = saidBy[kind as keyof typeof saidBy] ?? {};
  const usesTheirKeys = same(live.spec.credential ?? {}, declared.spec.credential ?? {});
  const goesAway = (key: string) =>
    key in said || (OF_CREDENTIALS.includes(key) && !usesTheirKeys && theirs[key] !== "default");
  const leftOut = Object.keys(theirs)
    .filter((key) => ours[key] === undefined)
    .toSorted();
  return {
    changes: [
      ...Object.entries(ours)
        .filter(([key, value]) => theirs[key] !== value)
        .map(([key, value]) => becomes(`config.${key}`, shown(key, theirs[key]), shown(key, value))),
      ...leftOut
        .filter((key) => goesAway(key))
        .map((key) => goneFromConfig(key, shown(key, theirs[key]), said, kind)),
    ],
    kept: Object.fromEntries(leftOut.filter((key) => !goesAway(key)).map((key) => [key, theirs[key] ?? ""])),
  };
}

/** Hides secrets. A config should not contain any, but may. */
const shown = (key: string, value: string | undefined): string | undefined =>
  value !== undefined && looksSecret(key, value) ? "[secret]" : value;

function goneFromConfig(
  key: string,
  value: string | undefined,
  said: Readonly<Record<string, string>>,
  kind: string,
): string {
  const field = `config.${key}`;
  const property = said[key];
  if (property) return goes(field, value, `storage.${kind}.${property}`);
  return property === undefined
    ? goes(field, value, "the Secret that it belongs to: credentials: { existingSecret: { name, key } }")
    : `${field}: ${valueInWords(value)} goes, since a store of the kind "${kind}" has no use for it`;
}

function foreseePlace(live: BackupStorageLocation, declared: BackupStorageLocation, kind: string) {
  const { bucket: _bucket, prefix: _prefix, ...theirs } = live.spec.objectStorage;
  const { caCert } = declared.spec.objectStorage;
  const isSaid = caCert !== undefined || (HAS_CERTIFICATE.includes(kind) && theirs.caCert !== undefined);
  const gone = isSaid ? CERTIFICATES : [];
  const changes =
    caCert === undefined
      ? theirs.caCert !== undefined && isSaid
        ? [`objectStorage.caCert goes (to keep it, declare storage.${kind}.caCertificate)`]
        : []
      : same(theirs.caCert, caCert)
        ? []
        : ["objectStorage.caCert becomes the declared certificate"];
  return { changes, kept: omit(theirs as Record<string, unknown>, gone) };
}

function changesOfUse(
  { spec: live }: BackupStorageLocation,
  { spec: declared }: BackupStorageLocation,
  program: DeclaredLocation,
): string[] {
  const durations = (["backupSyncPeriod", "validationFrequency"] as const).filter(
    (field) => declared[field] !== undefined && lengthOf(live[field]) !== lengthOf(declared[field]),
  );
  return [
    ...changesOfAccess(live.accessMode ?? "ReadWrite", program.requestedAccessMode),
    ...(program.default === undefined || (live.default ?? false) === program.default
      ? []
      : [becomes("default", live.default ?? false, program.default)]),
    ...durations.map((field) => becomes(field, live[field], declared[field])),
    ...changeOfKeys(live.credential, declared.credential),
  ];
}

function changesOfAccess(live: string, requested: string | undefined): string[] {
  if (live === "ReadWrite") return requested === "ReadOnly" ? [becomes("accessMode", live, requested)] : [];
  if (requested === "ReadOnly") return [];
  return [
    'accessMode: "ReadOnly" becomes "ReadWrite" where nobody else has backups at its prefix, and stays otherwise until ' +
      'takeOver is set (to keep it, declare accessMode: "ReadOnly")',
  ];
}

function changeOfKeys(
  live: BackupStorageLocation["spec"]["credential"],
  declared: BackupStorageLocation["spec"]["credential"],
): string[] {
  if (same(live ?? {}, declared ?? {})) return [];
  const stays = live && live.name !== declared?.name ? `; Secret ${live.name} itself stays as it is` : "";
  const there = live ? `"${live.name}" (key "${live.key}")` : "none of its own";
  const here = declared
    ? `"${declared.name}" (key "${declared.key}")`
    : "none, for the identity that Velero's server has";
  return [`credential: ${there} becomes ${here}${stays}`];
}

const lengthOf = (duration: string | undefined): number | string | undefined =>
  duration === undefined ? undefined : (parseDuration(duration) ?? duration);
