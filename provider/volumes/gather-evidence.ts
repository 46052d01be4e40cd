import { Problem, wordsOf } from "../core/errors.ts";
import { VOLUME_KINDS, volumeObjectsIn } from "./volume-objects.ts";
import { StoreError } from "../store/store-error.ts";
import { type Captured, contentsIn, isTarballProblem, readContents } from "../velero/backup-contents.ts";
import {
  type ItemOperation,
  itemOperationsIn,
  type PodVolumeBackup,
  podVolumeBackupsIn,
  volumesIn,
} from "../velero/backup-files.ts";
import { podVolumeBackupsKey } from "../velero/layout.ts";
import { type FilePlace, signedFile, veleroFile } from "../velero/velero-file.ts";
import { hasSnapshotRecord, savedClaim, type VolumeFiles } from "./saved-claims.ts";

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
