import { preamble } from "../mistakes/preamble.ts";
import { programIn } from "../stack.ts";
import type { GoodRow } from "./row.ts";

export interface NamedRow extends GoodRow {
  /** Of the row's location; what belongs to it has a longer one. */
  name: string;
}

/** All the rows side by side, each below a prefix of its own. */
export const programWith = (rows: readonly NamedRow[]): string =>
  programIn(`
const k8s = require("@pulumi/kubernetes");
${preamble}
const first = new velero.BackupLocation("first", { storage: minio({ prefix: "first" }), clusters: {} });
${rows.map(partOf).join("\n")}
`);

const partOf = ({ name, storage = "minio()", clusters = "{ east }", location = "", backup }: NamedRow) => `
{
  const name = ${JSON.stringify(name)};
  storage.minio.prefix = name;
  const location = new velero.BackupLocation(name, { storage: ${storage}, ${location} clusters: ${clusters} });
  ${backup === undefined ? "" : `new velero.ClusterBackup(name + "-backup", { location, cluster: "east", ${backup} });`}
}`;
