import { shortHash } from "../lifecycle/canonical.ts";

/**
 * The name of the object by which a resource tries a store. It hangs on the URN alone: the first run has no lineage in
 * state, and a repetition of it has to find and remove what a killed one has left.
 */
export const probeName = ({ owner }: { owner: string }): string =>
  `pulumi-velero-probe-${shortHash(16, owner)}`;
