import { ownerLabel } from "../../lifecycle/identity.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import { CREDENTIAL_KEY, type Secret } from "../../velero/manifests.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import type { ClusterLocationHealth } from "./inputs.ts";
import { metadataEdits } from "../../lifecycle/metadata-edits.ts";
import type { UserMetadata } from "../../lifecycle/user-metadata.ts";
import { editedParts, secretFingerprint, type Sent } from "./sent.ts";

/** What is not as it should be, and what up does about it: a clause without a full stop. */
export interface Finding {
  health: ClusterLocationHealth;
  message: string;
}

interface Circumstances {
  declared: UserMetadata;
  /** Absent in states from before there was any. */
  sent: Sent | undefined;
  salt: string;
  /** Those that could be looked at: undefined is one that is gone. */
  secrets: ReadonlyMap<string, Secret | undefined>;
}

/** What someone else has changed about a location of ours that is there, and about the Secret that it names. */
export function findEdits(live: BackupStorageLocation, how: Circumstances): Finding[] {
  const { declared, sent, salt, secrets } = how;
  const place = placeOf(live);
  if (isMadeAnew(live)) return [drift(`${place} ${MADE_ANEW}`)];
  if (!sent) return [];
  const tags = metadataEdits(live, declared);
  const edited = editedParts(live, sent, salt);
  const { accessMode, provider, objectStorage } = live.spec;
  const others = edited.filter((part) => part !== "accessMode" && part !== "place");
  const found = [
    edited.includes("accessMode") &&
      (accessMode === "ReadOnly"
        ? `${place} was made read-only by someone else, so nothing can be backed up to it; up makes it writable again`
        : `${place} was made writable by someone else; up makes it read-only again`),
    edited.includes("place") &&
      `${place} was pointed to ${provider} bucket "${objectStorage.bucket}", ${objectStorage.prefix ?? ""}/ by someone ` +
        "else: what is stored stays, but Velero takes its Backup objects out of the cluster; up points it back, and " +
        "Velero brings them back",
    others.length > 0 &&
      `someone else has changed ${others.join(" and ")} of ${place}; up sets it as declared`,
    tags !== undefined && `someone else has changed ${tags} of ${place}; up sets it as declared`,
  ].filter((each) => each !== false);
  const keys = edited.includes("credential") ? [] : findInSecret(live, { declared, sent, secrets });
  return [...found.map(drift), ...keys];
}

function findInSecret(
  { spec, metadata: { namespace = "" } }: BackupStorageLocation,
  { declared, sent, secrets }: Pick<Circumstances, "declared" | "secrets"> & { sent: Sent },
): Finding[] {
  const { name = "", key = CREDENTIAL_KEY } = spec.credential ?? {};
  if (!secrets.has(name)) return [];
  const live = secrets.get(name);
  const content = live?.data?.[key];
  const place = `Secret ${namespace}/${name}`;
  if (sent.secret === undefined) {
    const lacks = live ? `has no key "${key}" any more` : "is gone";
    return content === undefined
      ? [missing(`${place}, which \`existingSecret\` names, ${lacks}; up cannot make it`)]
      : [];
  }
  if (!live) return [missing(`${place} with the keys for the store is gone; up makes it again`)];
  if (isMadeAnew(live)) return [drift(`${place} ${MADE_ANEW}`)];
  const file = Buffer.from(content ?? "", "base64").toString("utf8");
  const tags = metadataEdits(live, declared);
  if (secretFingerprint(file, sent.secret) === sent.secret) {
    return tags === undefined
      ? []
      : [
          drift(
            `someone else has changed ${tags} of ${place} with the keys for the store; up sets it as declared`,
          ),
        ];
  }
  return [
    drift(
      `${place} with the keys for the store was changed by someone else; up puts the declared ones there`,
    ),
  ];
}

const MADE_ANEW =
  "was made anew by someone else, and up changes nothing of it; delete it, and up makes it as declared";

/** All that we make bears it. */
const isMadeAnew = ({ metadata }: KubernetesObject): boolean => metadata.labels?.[ownerLabel] === undefined;

const drift = (message: string): Finding => ({ health: "Drifted", message });

export const missing = (message: string): Finding => ({ health: "Missing", message });

export const placeOf = ({ metadata: { namespace, name } }: BackupStorageLocation): string =>
  `BackupStorageLocation ${namespace}/${name}`;
