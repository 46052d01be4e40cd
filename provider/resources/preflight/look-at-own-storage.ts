import { hasUnknown } from "../../lifecycle/unknown.ts";
import type { ClusterLocationInputs } from "../cluster-location/inputs.ts";
import { lookAtSource } from "../cluster-location/look-at-source.ts";
import { DEFINITE } from "./look-at-store.ts";
import { notice, nothingWrong, type Verdict, verdictOn } from "./verdict.ts";

/** Whether what an offline cluster has stored can be read: once, where it is declared, for all its readers. */
export async function lookAtOwnStorage(inputs: ClusterLocationInputs): Promise<Verdict> {
  const { cluster, ownStorage, prefix, access } = inputs;
  if (!ownStorage || hasUnknown([ownStorage, prefix, access])) return nothingWrong;
  try {
    const odd = await lookAtSource({ cluster, prefix, storage: ownStorage }, { access });
    return odd === undefined ? nothingWrong : notice(odd);
  } catch (error) {
    return verdictOn(error, DEFINITE);
  }
}
