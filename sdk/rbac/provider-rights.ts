import { type Need, neededRights, type Use } from "../../model/rights.ts";
import type { PolicyRule } from "./roles.ts";

/** The uses of this library by a stack, for which its credentials need permissions. */
export type ProviderUse = "locations" | "backups" | "deletion" | "restores" | "drills" | "lookUps";

/** The parts of resources that belong to a use. */
const PARTS: Readonly<Record<ProviderUse, readonly Use[]>> = {
  locations: ["location", "claimInCluster", "repositoryPassword"],
  backups: ["backup", "resourcePolicy", "volumes"],
  deletion: ["deletion", "erasure"],
  restores: ["restore"],
  drills: ["drill"],
  lookUps: ["lookUps"],
};

/** A use includes the use that it is a part of. */
const WITH: Partial<Record<ProviderUse, ProviderUse>> = { deletion: "backups", drills: "restores" };

export const withTheirs = (uses: readonly ProviderUse[]): ProviderUse[] => [
  ...new Set(uses.flatMap((use) => [use, WITH[use] ?? use])),
];

const VERBS = ["get", "list", "watch", "create", "patch", "delete"];

/** Returns the rules of the uses, one for each kind: in the whole cluster, or in Velero's namespace. */
export function rulesOf(uses: readonly ProviderUse[], where: "cluster" | "namespace"): PolicyRule[] {
  const needs: Need[] = uses
    .flatMap((use) => PARTS[use])
    .flatMap((part): readonly Need[] => neededRights[part])
    .filter(({ isClusterWide = false }) => isClusterWide === (where === "cluster"));
  return [...new Set(needs.map(({ kind }) => kind))].map((kind) => {
    const wanted = needs.filter((need) => need.kind === kind).flatMap(({ verbs }) => verbs);
    const [resource = "", ...group] = kind.split(".");
    return {
      apiGroups: [group.join(".")],
      resources: [resource],
      verbs: VERBS.filter((verb) => wanted.includes(verb)),
    };
  });
}
