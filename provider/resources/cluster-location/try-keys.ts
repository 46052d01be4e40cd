import { openWay } from "../../lifecycle/open-way.ts";
import { probe } from "../../storage/probe.ts";
import { programWay, trialWay } from "../../storage/ways.ts";
import { readMarker } from "./marker.ts";
import { probeName } from "../probe-name.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/** Tries keys of this cluster's own before Velero gets them, as the BackupLocation does with the store's. */
export async function tryKeys(aim: ClusterLocationOutputs): Promise<void> {
  const store = aim.credentials && openWay(trialWay(aim, aim.cluster) ?? programWay(aim, aim.cluster));
  if (!store) return;
  if (aim.accessMode === "ReadOnly") await readMarker(store, aim.storePrefix);
  else await probe(store, aim.storePrefix, probeName(aim));
}
