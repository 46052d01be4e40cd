import { programIn } from "../stack.ts";
import type { Parts } from "./row.ts";

/** In programs of the table, beside what every scenario has: each kind of store, right, and with changes. */
export const preamble = `
const minio = (change) => ({ minio: { ...storage.minio, ...change } });
const aws = (change) => ({ aws: { ...storage.minio, region: "us-east-1", ...change } });
const role = (change) => aws({ credentials: { sts: {
  roleArn: "arn:aws:iam::123456789012:role/velero", externalId: "stack-1", source: { static: keys }, ...change,
} } });
const gcp = (change) => ({ gcp: { bucket: process.env.GCS_BUCKET, endpoint: process.env.GCS_ENDPOINT,
  credentials: { serviceAccountKey: { env: "GCS_KEY" } }, ...change } });
const azure = (change) => ({ azure: { storageAccount: process.env.AZURE_ACCOUNT, container: process.env.AZURE_CONTAINER,
  endpoint: process.env.AZURE_ENDPOINT, credentials: { storageAccountKey: { env: "AZURE_KEY" } }, ...change } });
if (process.env.MINIO_SESSION_TOKEN) keys.sessionToken = { env: "MINIO_SESSION_TOKEN" };
`;

export interface Part extends Omit<Parts, "env"> {
  /** Of the location, and its prefix in the store; its backup has a longer one. */
  name: string;
  /** Variables of this part alone. */
  own: Record<string, string | undefined>;
}

/** All of them side by side in one program, which has what it makes in `made`. */
export const programWith = (parts: readonly Part[]): string =>
  ["const made = [];", ...parts.map(textOf)].join("\n");

function textOf(part: Part): string {
  const { name, own, before = "", location = "", storage = "minio()", clusters = "{ east }" } = part;
  const text = programIn(`
    const name = ${JSON.stringify(name)};
    storage.minio.prefix = name;
    ${preamble}
    ${before}
    const location = new velero.BackupLocation(name, { ${location} storage: ${storage}, clusters: ${clusters} });
    made.push(location, ...Object.values(location.clusters));
    ${part.backup === undefined ? "" : backupOf(part)}`);
  const renamed = Object.keys(own).reduce(
    (before, variable) => before.replaceAll(new RegExp(`\\b${variable}\\b`, "g"), variableOf(name, variable)),
    text,
  );
  return `(() => {${renamed}})();`;
}

const backupOf = ({ backup, options = "{}" }: Part): string =>
  `made.push(new velero.ClusterBackup(name + "-backup", {
    location, cluster: "east", includedNamespaces: [process.env.SHOP], ${backup} }, ${options}));`;

/** `ROW_12_BUCKET`. */
export const variableOf = (name: string, variable: string): string =>
  `${name.toUpperCase().replaceAll("-", "_")}_${variable}`;
