import { WELL_KNOWN_PASSWORD } from "../../velero/repository-secret.ts";

/** `set` overwrites no password but Velero's own, and that only while nothing is stored under it. */
export type PasswordDecision = "create" | "keep" | "set" | "refuse: another" | "refuse: in use";

/** What to do where `found` stands and `wanted` is declared. `inUse` is asked only where it matters. */
export async function decidePassword(
  found: { exists: boolean; password?: string },
  wanted: string,
  inUse: () => Promise<boolean>,
): Promise<PasswordDecision> {
  if (!found.exists) return "create";
  if (found.password === wanted) return "keep";
  // A Secret without the key is of no use to Velero, which never makes it whole.
  if (found.password === undefined) return "set";
  if (found.password !== WELL_KNOWN_PASSWORD) return "refuse: another";
  return (await inUse()) ? "refuse: in use" : "set";
}
