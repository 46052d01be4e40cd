import { programIn } from "../stack.ts";
import type { DriftRow } from "./row.ts";

export interface NamedRow extends DriftRow {
  /** Of the row's ClusterBackup. */
  name: string;
}

export const named = (rows: readonly DriftRow[], what: string): NamedRow[] =>
  rows.map((row, index) => ({ ...row, name: `${what}-${index}` }));

interface ProgramOptions {
  /** Key of the cluster that is backed up. */
  cluster: string;
  /** More of the BackupLocations. */
  location: string;
  /** Another backup of the rows that no up can set right. */
  again?: boolean;
}

export const locationNameOf = ({ name }: NamedRow): string => `${name}-store`;

/** All the rows side by side. */
export const programWith = (rows: readonly NamedRow[], options: ProgramOptions): string =>
  programIn(`
const namespaces = JSON.parse(process.env.NAMESPACES);
const locationBelow = (name, prefix) => new velero.BackupLocation(name, {
  storage: { minio: { ...storage.minio, prefix } }, clusters: { ${options.cluster} }, ${options.location}
});
const shared = locationBelow("primary", "shared");
${rows.map((row) => partOf(row, options)).join("\n")}
`);

function partOf(row: NamedRow, { cluster, again = false }: ProgramOptions): string {
  const { name, backup, ownLocation, finds } = row;
  const location = ownLocation ? `locationBelow("${locationNameOf(row)}", "${name}")` : "shared";
  const round = again && finds?.up === "names" ? 2 : 1;
  return `
{
  const namespace = namespaces["${name}"];
  new velero.ClusterBackup("${name}", {
    location: ${location}, cluster: "${cluster}", includedNamespaces: [namespace], triggers: [${round}], ${backup}
  });
}`;
}
