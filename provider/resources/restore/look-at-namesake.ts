import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { nothingWrong, refusal, type Verdict } from "../preflight/verdict.ts";
import type { RestoreInputs } from "./inputs.ts";
import { restoredBy } from "./options.ts";
import { findRestore } from "./our-restores.ts";
import { partOf } from "./part.ts";

/** Refuses a restore that a stack of the same name has done already: it may be this one, whose state was lost. */
export async function lookAtNamesake(inputs: RestoreInputs, key: string): Promise<Verdict> {
  const part = partOf({ ...inputs, incarnation: "", byCluster: {}, phase: "New" }, key);
  const { connection, cluster, location } = part.target;
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  if (connection.offline) return nothingWrong;
  if (hasUnknown([connection, location.namespace, source, restoredBy(inputs), inputs.triggers]))
    return nothingWrong;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    await findRestore(client, part);
    return nothingWrong;
  } catch (error) {
    // The look at the cluster tells that it cannot be asked.
    return error instanceof Problem && error.code === "NotOurs" ? refusal(error) : nothingWrong;
  }
}
