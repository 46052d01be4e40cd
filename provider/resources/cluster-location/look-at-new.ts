import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { Problem } from "../../errors.ts";
import { combine, nothingWrong, refusal, type Verdict } from "../preflight/verdict.ts";
import { isAdopting } from "./adopt.ts";
import type { Owned } from "../../lifecycle/identity.ts";
import { findFormerSelf, withFormerSelf } from "./find-former-self.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { lookAtAdopted } from "./look-at-adopted.ts";
import { requireFreeName, requireFreePrefix } from "./require-free.ts";

/**
 * Refuses a new location whose prefix or name is somebody else's. A lineage that is not known yet is that of nothing
 * that exists: the location which makes it stands in state before anything else is made.
 */
export async function lookAtNew(inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster, storage, credentials, access, storePrefix, locationName, namespace } = inputs;
  const coordinates = [connection, storage, credentials, access, storePrefix, locationName, namespace];
  if (connection.offline || hasUnknown([...coordinates, inputs.owner])) return nothingWrong;
  let aim: ClusterLocationInputs & Owned = inputs;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    aim = withFormerSelf(aim, await findFormerSelf(client, inputs));
    return combine(
      await Promise.all([
        refusedBy(requireFreePrefix(client, aim)),
        refusedBy(requireFreeName(client, aim)),
        isAdopting(aim) ? lookAtAdopted(aim) : nothingWrong,
      ]),
    );
  } catch {
    return nothingWrong;
  }
}

/** The looks at store and cluster tell if one of these cannot be asked. */
const refusedBy = (requirement: Promise<void>): Promise<Verdict> =>
  requirement.then(
    () => nothingWrong,
    (error: unknown) =>
      error instanceof Problem && REFUSALS.includes(error.code) ? refusal(error) : nothingWrong,
  );

const REFUSALS: readonly string[] = ["PrefixTaken", "BadMarker", "NotOurs"];
