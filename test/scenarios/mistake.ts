import { expect } from "vitest";
import { complaintsIn } from "./complaints.ts";
import { messagesOf, type Stack } from "./stack.ts";

export interface Mistake {
  name: string;
  /** Parts of the program that are otherwise right. */
  program?: Partial<Program>;
  /** Variables that are otherwise right. */
  env?: () => Record<string, string | undefined>;
  /** Of the environment what stays when it is mended. */
  lasting?: () => Record<string, string>;
  /** Property, cluster or store, and remedy: all in the one message. */
  says: (string | RegExp)[];
  withinMs?: number;
  /** When the provider first knocked after that time: what Pulumi takes to start is not its to answer for. */
  contact?: (after: number) => number | undefined;
}

export interface Program {
  before: string;
  location: string;
  storage: string;
  clusters: string;
  backup: string;
  options: string;
}

export const programOf = ({
  before,
  location,
  storage,
  clusters,
  backup,
  options,
}: Partial<Program> = {}): string => `
${before ?? ""}
const location = new velero.BackupLocation("primary", { ${location ?? ""} storage: ${storage ?? "storage"}, clusters: ${clusters ?? "{ east }"} });
new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ${backup ?? ""} }, ${options ?? "{}"});
`;

/** One message that says all of it, in time. */
export async function expectRefusal(
  stack: Stack,
  { env, says, withinMs = 20_000, contact }: Mistake,
): Promise<void> {
  const began = Date.now();
  const up = await stack.up({ env: env?.() ?? {} });
  const ended = Date.now();
  expect(up.ok).toBe(false);
  const complaints = complaintsIn(up);
  expect(complaints, messagesOf(up)).toHaveLength(1);
  for (const words of says) expect(complaints[0]).toMatch(words);
  const since = contact ? contact(began) : began;
  if (since === undefined) throw new Error("nobody knocked at the server that does not answer");
  expect(ended - since).toBeLessThan(withinMs);
}
