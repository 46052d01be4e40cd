import { Problem, wordsOf } from "../../errors.ts";
import { itemOperationsIn } from "../../velero/item-operations.ts";
import { podVolumeBackupsKey } from "../../velero/layout.ts";
import { podVolumeBackupsIn } from "../../velero/pod-volume-backups.ts";
import { volumesIn } from "../../velero/volume-info.ts";
import { type Captured, contentsIn, isTarballProblem, readContents } from "../read-contents.ts";
import { type FilePlace, veleroFile } from "../velero-file.ts";
import { hasSnapshotRecord, savedClaim, type VolumeFiles } from "./saved-claim.ts";
import { VOLUME_KINDS, volumeObjectsIn } from "./volume-objects.ts";

/** The stored files of a finished backup that tell of its volumes, as far as they can be read. */
export interface Gathered {
  /** The objects of the kinds that concern volumes; undefined where the tarball cannot be read. */
  contents: readonly Captured[] | undefined;
  /** The number of objects in it, without the namespaces themselves. */
  objects: number;
  /** Undefined where the volumeinfo file cannot be read, without which nothing counts as saved. */
  files: VolumeFiles | undefined;
  /** The reason why one of these cannot be read. */
  blind?: string | undefined;
}

const KINDS = Object.values(VOLUME_KINDS);

/**
 * Reads it by the program's own way to the store; where there is none, or it fails, by URLs that Velero signs. A
 * tarball that is certainly gone, or damaged, is a failure; one that cannot be read from here is not.
 */
export async function gatherEvidence(
  place: FilePlace,
  { ofVolumes = true }: { ofVolumes?: boolean } = {},
): Promise<Gathered> {
  const { store, storePrefix, name } = place;
  const troubles = new Set<string>();
  let objects = 0;
  const onObject = (resource: string) => void (resource !== "namespaces" && (objects += 1));
  const how = { kinds: KINDS, onObject };

  const [contents, info] = await Promise.all([
    byAnyWay(
      (from) => readContents(from, storePrefix, name, how),
      async () => {
        const file = await signed("contents");
        return file && contentsIn(file, name, { ...how, from: "by a URL that Velero signs" });
      },
    ),
    ofVolumes ? file("volumeInfo") : undefined,
  ]);
  const files = info && { lines: volumesIn(info) };
  if (!contents || !files) return { contents, objects, files, blind: blindness() };
  return { contents, objects, files: await furtherFiles(files, contents) };

  function file(which: "volumeInfo" | "itemOperations"): Promise<Buffer | undefined> {
    return byAnyWay(
      () => veleroFile(which, place, "store"),
      () => signed(which),
    );
  }

  function signed(which: "contents" | "volumeInfo" | "itemOperations"): Promise<Buffer | undefined> {
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
      }
    }
    return velero().catch(note);
  }

  function note(error: unknown): undefined {
    if (error instanceof Problem && isTarballProblem(error)) throw error;
    troubles.add(wordsOf(error));
  }

  /** The records that are wanted only where a line does not say that a claim was saved. */
  async function furtherFiles(files: VolumeFiles, held: readonly Captured[]): Promise<VolumeFiles> {
    const { claims, pods } = volumeObjectsIn(held);
    const open = claims.filter((claim) => !savedClaim(claim, pods, files));
    const [copies, operations] = await Promise.all([
      open.length > 0 && store ? store.get(podVolumeBackupsKey(storePrefix, name)).catch(note) : undefined,
      open.some(hasSnapshotRecord) ? file("itemOperations") : undefined,
    ]);
    return {
      ...files,
      podVolumeBackups: copies && podVolumeBackupsIn(copies),
      operations: operations && itemOperationsIn(operations),
    };
  }

  function blindness(): string {
    const own = store ? "the store does not give it" : "this program has no way to the store";
    const why = troubles.size > 0 ? ` (${[...troubles].join("; ")})` : "";
    return `${own}, and no URL that Velero signs leads to it from here${why}`;
  }
}
