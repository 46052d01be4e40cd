import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import type { SelectionInputs } from "../backup/selection.ts";
import { sharedPolicyName, withPolicyInForce } from "../backup/shared-policy.ts";
import { nothingWrong, type Verdict, verdictOn } from "./verdict.ts";

interface Place {
  cluster: string;
  namespace: string;
}

type Declared = Pick<SelectionInputs, "resourcePolicy">;

/** One that is not there may be what the same up is to make. */
const DEFINITE = ["BadResourcePolicy"];

/** Tells whether Velero can read the policies of a ConfigMap that is there already. */
export async function lookAtPolicy(
  connection: Connection,
  { cluster, namespace }: Place,
  selection: Declared,
): Promise<Verdict> {
  if (sharedPolicyName(selection) === undefined || connection.offline) return nothingWrong;
  if (hasUnknown([connection, namespace, selection.resourcePolicy])) return nothingWrong;
  const open = await openCluster(connection, clusterLabel(cluster), undefined).catch(() => undefined);
  // That the cluster cannot be asked is told by the look at it.
  if (!open) return nothingWrong;
  return withPolicyInForce(open.client, namespace, selection).then(
    () => nothingWrong,
    (error: unknown) => verdictOn(error, DEFINITE),
  );
}

/** The selection with the policies in force, for other looks; undefined where they cannot be seen. */
export async function seenPolicy<Selection extends Declared>(
  connection: Connection,
  { cluster, namespace }: Place,
  selection: Selection,
): Promise<Selection | undefined> {
  if (sharedPolicyName(selection) === undefined) return selection;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    return await withPolicyInForce(client, namespace, selection);
  } catch {
    return undefined;
  }
}
