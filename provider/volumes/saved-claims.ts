import { Problem, wordsOf } from "../core/errors.ts";
import { StoreError } from "../store/store-error.ts";
import { type Captured, contentsIn, isTarballProblem, readContents } from "../velero/backup-contents.ts";
import {
  bytesOf,
  holdsData,
  type ItemOperation,
  itemOperationsIn,
  methodOf,
  type PodVolumeBackup,
  podVolumeBackupsIn,
  type SavingMethod,
  type VolumeInfo,
  volumesIn,
  podVolumeBackupsKey,
} from "../velero/backup-files.ts";
import { type FilePlace, signedFile, veleroFile } from "../velero/velero-file.ts";
import {
  type Claim,
  claimName,
  type Pod,
  VOLUME_KINDS,
  volumeObjectsIn,
  volumeOf,
} from "./volume-objects.ts";

/** A claim whose data a backup holds, with its names in the backup. */
export interface NamedSavedClaim extends SavedClaim {
  namespace: string;
  claim: string;
}

export interface SavedClaims {
  claims: readonly NamedSavedClaim[];
  /**
   * Pods with at least one volume that was copied as files, by `namespace/name`. Volumes that are no claims count as
   * well.
   */
  copiedPods: readonly string[];
}

/** Returns the claims whose data a backup holds. `contents` are the backup's objects. */
export function savedClaims(contents: readonly Captured[], files: VolumeFiles): SavedClaims {
  const { claims, pods } = volumeObjectsIn(contents);
  const noted = files.lines.filter((line) => holdsData(line) && line.pvbInfo?.snapshotHandle);
  // Velero writes no line for a claim whose PersistentVolume is not in the backup.
  const copies = (files.podVolumeBackups ?? []).filter(
    ({ status }) => status?.phase === "Completed" && status.snapshotID,
  );
  return {
    claims: claims.flatMap((claim) => {
      const saved = savedClaim(claim, pods, files);
      const { namespace = "", name } = claim.metadata;
      return saved ? [{ ...saved, namespace, claim: name }] : [];
    }),
    copiedPods: [
      ...new Set([
        ...noted.map(({ pvbInfo }) => `${pvbInfo?.podNamespace}/${pvbInfo?.podName}`),
        ...copies.map(({ spec: { pod } }) => `${pod.namespace}/${pod.name}`),
      ]),
    ],
  };
}

/** The records of volumes that Velero stores with a backup. */
export interface VolumeFiles {
  lines: readonly VolumeInfo[];
  /** Undefined if the file cannot be read. */
  podVolumeBackups?: readonly PodVolumeBackup[] | undefined;
  operations?: readonly ItemOperation[] | undefined;
}

/** A backup's record of the data of a claim. */
interface SavedClaim {
  method: SavingMethod;
  /** Undefined if Velero does not record the size. */
  bytes?: number | undefined;
  /** The pod that a file copy was read from. Velero restores the copy only with a pod of that name. */
  pod?: string | undefined;
  /** The name of the volume in that pod. */
  volume?: string | undefined;
  /** True if the volume of a file copy was empty. There is nothing to restore. */
  isEmpty?: boolean | undefined;
}

/**
 * Finds the record by which a backup holds the data of a claim. Returns undefined if no record says so. A line of
 * volumeinfo is enough. Velero writes none for a claim whose PersistentVolume is not in the backup
 * (`includeClusterResources: false`), saved or not (velero 1.18 `internal/volume/volumes_information.go`). Then the
 * record of the file copy or of the snapshot decides.
 */
export function savedClaim(
  claim: Claim,
  pods: readonly Pod[],
  { lines, podVolumeBackups = [], operations }: VolumeFiles,
): SavedClaim | undefined {
  const line = linesOf(claim, pods, lines).find(holdsData);
  if (line) {
    const { pvbInfo } = line;
    const copy = pvbInfo && {
      pod: pvbInfo.podName,
      volume: pvbInfo.volumeName,
      isEmpty: !pvbInfo.snapshotHandle,
    };
    return { method: methodOf(line), bytes: bytesOf(line), ...copy };
  }
  const copy = copiesOf(claim, pods, podVolumeBackups).find(({ status }) => status?.phase === "Completed");
  if (copy) {
    const bytes = copy.status?.progress?.totalBytes ?? 0;
    return {
      method: "fileCopy",
      bytes,
      pod: copy.spec.pod.name,
      volume: copy.spec.volume,
      isEmpty: !copy.status?.snapshotID,
    };
  }
  const method = operations && methodByOperation(claim, operations);
  return method && { method };
}

/**
 * Returns the lines about a claim. If Velero names no claim, the volume identifies it, or the pod that was copied from.
 */
export const linesOf = (claim: Claim, pods: readonly Pod[], lines: readonly VolumeInfo[]): VolumeInfo[] =>
  lines.filter(({ pvcName, pvcNamespace, pvName, pvbInfo }) => {
    if (pvcName !== undefined) return `${pvcNamespace}/${pvcName}` === claimName(claim);
    if (pvName !== undefined) return pvName === claim.spec?.volumeName;
    const pod = pods.find((each) => claimName(each) === `${pvbInfo?.podNamespace}/${pvbInfo?.podName}`);
    return pod !== undefined && volumeOf(pod, claim) === pvbInfo?.volumeName;
  });

/** Returns the file copies of a claim, complete or not. */
export const copiesOf = (
  claim: Claim,
  pods: readonly Pod[],
  copies: readonly PodVolumeBackup[],
): PodVolumeBackup[] =>
  copies.filter(({ metadata, spec: { pod, volume } }) => {
    if (pod.namespace !== claim.metadata.namespace) return false;
    const named = metadata.annotations?.["velero.io/pvc-name"];
    if (named !== undefined) return named === claim.metadata.name;
    return pods.some(
      (each) => claimName(each) === `${pod.namespace}/${pod.name}` && volumeOf(each, claim) === volume,
    );
  });

const SNAPSHOT = "velero.io/volume-snapshot-name";
const UPLOAD = "velero.io/data-upload-name";

/**
 * Returns true if Velero began a snapshot of a claim: it annotates the claim in the backup with the VolumeSnapshot or
 * the DataUpload (velero `pkg/backup/actions/csi/pvc_action.go`).
 */
export const hasSnapshotRecord = ({ metadata: { annotations = {} } }: Claim): boolean =>
  [SNAPSHOT, UPLOAD].some((each) => annotations[each] !== undefined);

/** Returns the method of a completed snapshot. Returns undefined if no snapshot was completed. */
function methodByOperation(
  { metadata: { name, namespace, annotations = {} } }: Claim,
  operations: readonly ItemOperation[],
): SavingMethod | undefined {
  const isDone = (resource: string, of: string) =>
    operations.some(({ spec: { resourceIdentifier: item }, status }) => {
      const isIt = item.Resource === resource && item.Namespace === namespace && item.Name === of;
      return isIt && status?.phase === "Completed";
    });
  const snapshot = annotations[SNAPSHOT];
  if (annotations[UPLOAD] !== undefined)
    return isDone("persistentvolumeclaims", name) ? "moveData" : undefined;
  return snapshot !== undefined && isDone("volumesnapshots", snapshot) ? "snapshot" : undefined;
}

/**
 * Returns the volumes of pods that are no claims (such as emptyDir) and whose file copy failed: `scratch of pod
 * shop/web`.
 */
export const failedScratch = ({ lines }: VolumeFiles): string[] =>
  lines
    .filter(
      ({ pvcName, pvName, result, pvbInfo }) =>
        pvcName === undefined && pvName === undefined && pvbInfo !== undefined && result === "failed",
    )
    .map(({ pvbInfo }) => `${pvbInfo?.volumeName} of pod ${pvbInfo?.podNamespace}/${pvbInfo?.podName}`);

/** The stored files of a finished backup that describe its volumes, as far as they can be read. */
export interface Gathered {
  /** The objects of the kinds that concern volumes. Undefined if the tarball cannot be read. */
  contents: readonly Captured[] | undefined;
  /** The number of objects in the tarball, without the Namespaces. */
  objects: number;
  /** Undefined if the volumeinfo file cannot be read. Without it, no claim counts as saved. */
  files: VolumeFiles | undefined;
  /** The reason why one of these files cannot be read. */
  blind?: string | undefined;
  /** The program's own access to the store failed. Missing files may still exist. */
  hasStoreFailed?: true;
}

const KINDS = Object.values(VOLUME_KINDS);

/**
 * Reads the files with the program's own access to the store. Without that access, or if it fails, it uses URLs that
 * Velero signs. A tarball that is certainly missing or damaged is an error. A tarball that cannot be read from here is
 * not.
 */
export async function gatherEvidence(
  place: FilePlace,
  { ofVolumes = true }: { ofVolumes?: boolean } = {},
): Promise<Gathered> {
  const { store, storePrefix, name } = place;
  const troubles = new Set<string>();
  const failed = { store: false };
  let objects = 0;
  const onCounted = (counted: number) => void (objects = counted);
  const how = { kinds: KINDS, onCounted };

  const [contents, lines] = await Promise.all([
    byAnyWay(
      (from) => readContents(from, storePrefix, name, how),
      () =>
        signedFile(place, { kind: "BackupContents", name }, (parts) =>
          contentsIn(parts, name, { ...how, from: "by a URL that Velero signs" }),
        ),
    ),
    ofVolumes ? read("volumeInfo", volumesIn) : undefined,
  ]);
  const files = lines && { lines };
  if (!contents || !files) {
    return { contents, objects, files, blind: blindness(), ...(failed.store && { hasStoreFailed: true }) };
  }
  const further = {
    podVolumeBackups: async () =>
      store?.get(podVolumeBackupsKey(storePrefix, name)).then(parsed(podVolumeBackupsIn)).catch(note),
    operations: () => read("itemOperations", itemOperationsIn),
  };
  return { contents, objects, files: await furtherFiles(files, contents, further) };

  /** Reads one file. A file that cannot be parsed counts as one that cannot be read. */
  function read<T>(
    which: "volumeInfo" | "itemOperations",
    parse: (file: Buffer) => T,
  ): Promise<T | undefined> {
    return byAnyWay(
      () => veleroFile(which, place, "store").then(parsed(parse)),
      () => signed(which).then(parsed(parse)),
    );
  }

  function signed(which: "volumeInfo" | "itemOperations"): Promise<Buffer | undefined> {
    return veleroFile(which, { ...place, store: undefined }, "store");
  }

  /** Velero is not asked for a file that the store certainly does not have. */
  async function byAnyWay<T>(
    own: (from: NonNullable<FilePlace["store"]>) => Promise<T | undefined>,
    velero: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    if (store) {
      try {
        return await own(store);
      } catch (error) {
        note(error);
        failed.store ||= error instanceof StoreError;
      }
    }
    return velero().catch(note);
  }

  function note(error: unknown): undefined {
    if (error instanceof Problem && isTarballProblem(error)) throw error;
    troubles.add(wordsOf(error));
  }

  function blindness(): string {
    const own = store ? "the store does not give it" : "this program has no way to the store";
    const why = troubles.size > 0 ? ` (${[...troubles].join("; ")})` : "";
    return `${own}, and no URL that Velero signs leads to it from here${why}`;
  }
}

const parsed =
  <T>(parse: (file: Buffer) => T) =>
  (file: Buffer | undefined): T | undefined =>
    file && parse(file);

/** Readers of the further records of a backup's volumes. Each returns undefined if its file cannot be read. */
interface FurtherReaders {
  podVolumeBackups: () => Promise<readonly PodVolumeBackup[] | undefined>;
  operations: () => Promise<readonly ItemOperation[] | undefined>;
}

/** Reads the further records, which are needed only if a line of volumeinfo does not say that a claim was saved. */
export async function furtherFiles(
  files: VolumeFiles,
  contents: readonly Captured[],
  read: FurtherReaders,
): Promise<VolumeFiles> {
  const { claims, pods } = volumeObjectsIn(contents);
  const open = claims.filter((claim) => !savedClaim(claim, pods, files));
  const [podVolumeBackups, operations] = await Promise.all([
    open.length > 0 ? read.podVolumeBackups() : undefined,
    open.some(hasSnapshotRecord) ? read.operations() : undefined,
  ]);
  return { ...files, podVolumeBackups, operations };
}
