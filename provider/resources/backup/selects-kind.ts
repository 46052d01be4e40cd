import type { ServedKind } from "../../kubernetes/discovery.ts";
import { isForVelero, resolveKind } from "../../velero/resolve-kind.ts";
import type { BackupSpec } from "../../velero/types.ts";
import { listFilter } from "../restore/glob.ts";

type Scoped = Pick<
  BackupSpec,
  | "includedClusterScopedResources"
  | "excludedClusterScopedResources"
  | "includedNamespaceScopedResources"
  | "excludedNamespaceScopedResources"
>;

/**
 * Which kinds a backup takes by its specification and the filters of its resource policy, as Velero decides it (velero
 * `pkg/util/collections/includes_excludes.go`, the two ShouldInclude).
 */
export function kindFilter(
  spec: BackupSpec,
  policy: Partial<Scoped> | undefined,
  kinds: readonly ServedKind[],
): (kind: ServedKind) => boolean {
  const isWholeCluster =
    (spec.excludedNamespaces ?? []).length === 0 && (spec.includedNamespaces ?? ["*"]).includes("*");
  const takes = isOld(spec)
    ? oldFilter(spec, kinds, isWholeCluster)
    : scopedFilter(spec, policy, kinds, isWholeCluster);
  return (kind) => isForVelero(kind) && takes(kind);
}

const isOld = ({
  includeClusterResources,
  includedResources = [],
  excludedResources = [],
}: BackupSpec): boolean =>
  includeClusterResources !== undefined || includedResources.length + excludedResources.length > 0;

const NAMESPACES = "namespaces";

function oldFilter(spec: BackupSpec, kinds: readonly ServedKind[], isWholeCluster: boolean) {
  const resolve = (words: readonly string[] = []) =>
    words.map((word) => resolveKind(word, kinds)?.groupResource ?? word);
  const isNamed = listFilter(resolve(spec.includedResources), resolve(spec.excludedResources));
  return ({ groupResource, isNamespaced }: ServedKind): boolean => {
    if (!isNamespaced && spec.includeClusterResources === false) return false;
    const isBeside = !isNamespaced && groupResource !== NAMESPACES;
    if (isBeside && spec.includeClusterResources === undefined && !isWholeCluster) return false;
    return isNamed(groupResource);
  };
}

function scopedFilter(
  spec: BackupSpec,
  policy: Partial<Scoped> | undefined,
  kinds: readonly ServedKind[],
  isWholeCluster: boolean,
) {
  const resolve = (words: readonly string[] = [], isNamespaced: boolean) =>
    words.flatMap((word) => {
      const kind = resolveKind(word, kinds);
      if (!kind) return [word];
      return kind.isNamespaced === isNamespaced ? [kind.groupResource] : [];
    });
  const lists = (included: keyof Scoped, excluded: keyof Scoped, isNamespaced: boolean) => {
    const [wanted, unwanted] = [resolve(spec[included], isNamespaced), resolve(spec[excluded], isNamespaced)];
    const isDecided = (kind: string) => [...wanted, ...unwanted].some((glob) => listFilter([glob])(kind));
    // The backup's own filters come before those of its policy.
    return {
      wanted: [...wanted, ...resolve(policy?.[included], isNamespaced).filter((kind) => !isDecided(kind))],
      unwanted: [
        ...unwanted,
        ...resolve(policy?.[excluded], isNamespaced).filter((kind) => !isDecided(kind)),
      ],
    };
  };
  const inNamespaces = lists("includedNamespaceScopedResources", "excludedNamespaceScopedResources", true);
  const inCluster = lists("includedClusterScopedResources", "excludedClusterScopedResources", false);
  const isAll = ({ wanted, unwanted }: { wanted: string[]; unwanted: string[] }) =>
    unwanted.length === 0 && (wanted.length === 0 || wanted.includes("*"));
  const isUnsaid = inCluster.wanted.length + inCluster.unwanted.length === 0;
  return ({ groupResource, isNamespaced }: ServedKind): boolean => {
    if (isNamespaced) return listFilter(inNamespaces.wanted, inNamespaces.unwanted)(groupResource);
    if (!listFilter([], inCluster.unwanted)(groupResource)) return false;
    if (isUnsaid && isWholeCluster && isAll(inNamespaces)) return true;
    if (groupResource === NAMESPACES) return true;
    return inCluster.wanted.length > 0 && listFilter(inCluster.wanted)(groupResource);
  };
}
